"""Code for ``sseclient``: the requests it sends."""

from harness.catalogue import snippet
from harness.script import stream

ONE = stream("data: hello\n\n", framing="close", end="hold")


@snippet("sseclient", serve=[ONE])
def bare_request(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)))


@snippet("sseclient", serve=[ONE])
def own_headers(url, record):
    from sseclient import SSEClient

    headers = {"User-Agent": "reader/1.0", "Authorization": "Bearer abc", "X-Api-Key": "k"}
    record(next(SSEClient(url, headers=headers)).data)


@snippet("sseclient", serve=[ONE])
def own_accept_header(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, headers={"Accept": "*/*", "cache-control": "max-age=0"})).data)


@snippet("sseclient", serve=[ONE])
def headers_of_the_caller_afterwards(url, record):
    from sseclient import SSEClient

    headers = {"X-Own": "1"}
    SSEClient(url, headers=headers, last_id="5")
    record(headers)


@snippet("sseclient", serve=[ONE])
def params_as_a_dictionary(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, params={"auth": "secret", "cursor": "now", "order": "asc desc"})
    record(next(client).data)


@snippet("sseclient", serve=[ONE])
def params_added_to_a_query(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url + "?a=1", params=[("b", "2"), ("b", "3")])).data)


@snippet("sseclient", serve=[ONE])
def auth_as_a_tuple(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, auth=("user", "password"))).data)


@snippet("sseclient", serve=[ONE])
def auth_as_an_object(url, record):
    from requests.auth import HTTPBasicAuth
    from sseclient import SSEClient

    record(next(SSEClient(url, auth=HTTPBasicAuth("user", "password"))).data)


@snippet("sseclient", serve=[ONE])
def auth_as_own_class(url, record):
    from requests.auth import AuthBase
    from sseclient import SSEClient

    class Token(AuthBase):
        def __call__(self, request):
            request.headers["X-Token"] = "t-1"
            return request

    record(next(SSEClient(url, auth=Token())).data)


@snippet("sseclient", serve=[ONE])
def options_of_requests(url, record):
    from sseclient import SSEClient

    client = SSEClient(
        url, verify=False, timeout=30, proxies={}, cookies={"sid": "42"}, allow_redirects=False
    )
    record(next(client).data)


@snippet("sseclient", serve=[ONE])
def hooks_of_requests(url, record):
    from sseclient import SSEClient

    def seen(response, *args, **kwargs):
        record(response.status_code)

    record(next(SSEClient(url, hooks={"response": seen})).data)


@snippet("sseclient", serve=[ONE])
def json_in_the_get(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, json={"subscribe": ["a", "b"]})).data)


@snippet("sseclient", serve=[ONE])
def data_in_the_get(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, data="filter=all")).data)


@snippet("sseclient", serve=[ONE])
def session_with_headers(url, record):
    import requests
    from sseclient import SSEClient

    session = requests.Session()
    session.headers.update({"User-Agent": "reader/2.0", "X-From": "session"})
    session.cookies.set("sid", "7")
    session.auth = ("user", "password")
    record(next(SSEClient(url, session=session)).data)


@snippet("sseclient", serve=[ONE])
def session_that_is_a_module(url, record):
    import types

    import requests
    from sseclient import SSEClient

    http = types.ModuleType("http_of_our_own")

    def get(url, **kwargs):
        record(sorted(kwargs))
        return requests.get(url, **kwargs)

    http.get = get
    record(next(SSEClient(url, session=http)).data)


@snippet("sseclient", serve=[ONE])
def session_whose_get_posts(url, record):
    import requests
    from sseclient import SSEClient

    class Poster:
        def get(self, url, **kwargs):
            return requests.post(url, json={"prompt": "hi"}, **kwargs)

    record(next(SSEClient(url, session=Poster())).data)


@snippet("sseclient", serve=[ONE])
def session_subclass(url, record):
    import requests
    from sseclient import SSEClient

    class KeepAuthSession(requests.Session):
        def rebuild_auth(self, prepared_request, response):
            pass

    record(next(SSEClient(url, session=KeepAuthSession(), headers={"X-A": "b"})).data)


@snippet("sseclient", serve=[ONE])
def last_id_by_keyword(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, last_id="abc-17")
    record(next(client).data)
    record(client.last_id)


@snippet("sseclient", serve=[ONE])
def last_id_by_position(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, "1670000000-0", headers={"X-A": "b"}, verify=False)
    record(next(client).data)


@snippet("sseclient", serve=[ONE])
def last_id_none(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, last_id=None)
    record(next(client).data)
    record(client.last_id)


@snippet("sseclient", serve=[ONE])
def last_id_zero(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, last_id=0)).data)


@snippet("sseclient", serve=[ONE])
def last_id_a_number(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, last_id=5)).data)


@snippet("sseclient", serve=[ONE])
def last_id_beyond_latin_1(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, last_id="café→")).data)


@snippet("sseclient", serve=[ONE])
def retry_and_chunk_size_by_keyword(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=5000, chunk_size=10 * 1024)
    record(next(client).data)
    record([client.retry, client.chunk_size])


@snippet("sseclient", serve=[ONE])
def chunk_size_one(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, chunk_size=1)).data)


@snippet("sseclient", serve=[ONE])
def chunk_size_128(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, chunk_size=128)).data)


@snippet("sseclient", serve=[stream("data: hello\n\n")])
def chunk_size_none_with_patched_reader(url, record):
    from sseclient import SSEClient

    def iter_content(self):
        return self.resp.iter_content(chunk_size=self.chunk_size)

    SSEClient.iter_content = iter_content
    record(next(SSEClient(url, chunk_size=None)).data)


@snippet("sseclient", serve=[ONE])
def arguments_for_get_that_do_not_exist(url, record):
    from sseclient import SSEClient

    SSEClient(url, colour="red")
