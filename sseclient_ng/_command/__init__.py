"""The command line: ``sseclient-ng``, and ``python -m sseclient_ng``.

- `arguments`: the options, checked.
- `formats`: an event as text, in each of the formats.
- `terminal`: what a terminal may be shown.
- `output`: where that goes, a whole record at a time.
- `endings`: exit codes, and what is said on stderr.
- `watching`: the loop between a client and the output.
"""
