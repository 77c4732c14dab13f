// Parses event streams with eventsource-parser on request, so that its rounds can take turns with
// those of the Python packages.
//
// Each line of standard input is a command in JSON, and each gets one line of JSON in answer:
//   {"load": path, "reads": [ends of the reads, in bytes]}  -> {"events": n, "digest": sha256}
//   {"run": true}                                           -> {"seconds": s}

import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {createParser} from 'eventsource-parser'

let reads = []

function parse(onEvent) {
  const decoder = new TextDecoder()
  const parser = createParser({onEvent})
  for (const read of reads) parser.feed(decoder.decode(read, {stream: true}))
}

function load(path, ends) {
  const body = readFileSync(path)
  reads = ends.map((end, index) => body.subarray(index ? ends[index - 1] : 0, end))
  const hash = createHash('sha256')
  let events = 0
  parse((event) => {
    events += 1
    hash.update(`${event.data}\0${event.event ?? 'message'}\0${event.id ?? ''}\0`)
  })
  return {events, digest: hash.digest('hex')}
}

function run() {
  let characters = 0
  const start = process.hrtime.bigint()
  parse((event) => {
    characters += event.data.length
  })
  return {seconds: Number(process.hrtime.bigint() - start) / 1e9, characters}
}

for await (const line of createInterface({input: process.stdin})) {
  const command = JSON.parse(line)
  console.log(JSON.stringify(command.run ? run() : load(command.load, command.reads)))
}
