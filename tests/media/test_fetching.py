"""The guarded client: which addresses it refuses, and what a hostile server can do to it."""

import asyncio
import datetime
import ssl
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hostile_site import Handler, serve

from media.addresses import is_public
from media.fetching import Fetched, FetchRefused, Met, fetch, fetch_all, fetch_async

PRIVATE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.255.255.254/",
    "http://0.0.0.0/",
    "http://0/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xA9FEA9FE/",
    "http://[fd00:ec2::254]/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.255.255/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://192.0.0.1/",
    "http://192.0.2.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fdff::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::1]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[100::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1:443/",
    "http://１２７.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127.0.0.1./",
    "http://127.000.000.001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0X7F.1/",
    "http://0177.1/",
    "http://00000177.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:0001]/",
    "http://[::1%25lo]/",
    "http://[::ffff:10.0.0.1]/",
    "http://metadata.google.internal/",
    "http://instance-data/",
    "http://169.254.170.2/v2/credentials/",
    "http://168430090/",
    "http://3232235521/",
]
MALFORMED = {
    "http://user:pw@example.com/": "url_userinfo",
    "http://user@example.com/": "url_userinfo",
    "http://@example.com/": "url_userinfo",
    "http://example.com@127.0.0.1/": "url_userinfo",
    "http://127.0.0.1%2F@example.com/": "url_userinfo",
    "http://example.com:22/": "url_port",
    "http://example.com:8080/": "url_port",
    "http://127.0.0.1:6379/": "url_port",
    "https://example.com:25/": "url_port",
    "ftp://example.com/a.jpg": "url_scheme",
    "file:///etc/passwd": "url_scheme",
    "gopher://127.0.0.1:6379/_INFO": "url_scheme",
    "data:image/png;base64,AAAA": "url_scheme",
    "javascript:alert(1)": "url_scheme",
    "//example.com/a.jpg": "url_scheme",
    "example.com/a.jpg": "url_scheme",
    "": "url_scheme",
    "http://": "url_malformed",
    "http:///a.jpg": "url_malformed",
    "http://exa mple.com/": "url_malformed",
    "http://example.com\\@127.0.0.1/": "url_malformed",
    "http://example.com/\r\nHost: 127.0.0.1": "url_malformed",
    "http://example.com/\0": "url_malformed",
    "http://[::1": "url_malformed",
    "http://example.com:port/": "url_malformed",
    "http://" + "a" * 2100 + ".example/": "url_too_long",
    "http://nowhere.invalid/": "url_unresolved",
}


@pytest.mark.parametrize("url", PRIVATE)
def test_every_spelling_of_a_private_address_is_refused(url):
    with pytest.raises(FetchRefused) as caught:
        fetch(url, limit_bytes=1000, deadline_seconds=5)
    # Odd spellings may fall at the parser or the resolver; what counts is that none gets as far as a connection.
    assert caught.value.code in ("url_private", "url_malformed", "url_unresolved")


@pytest.mark.parametrize(("url", "code"), MALFORMED.items())
def test_what_is_no_plain_web_address_is_refused(url, code):
    with pytest.raises(FetchRefused) as caught:
        fetch(url, limit_bytes=1000, deadline_seconds=5)
    assert caught.value.code == code


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "not-an-address", "fe80::1%eth0", "127.0.0.1%x"])
def test_what_cannot_be_read_is_not_public(address):
    assert not is_public(address)


@pytest.fixture
def site(settings) -> Iterator[tuple[str, type[Handler]]]:
    server, handler = serve()
    place = f"127.0.0.1:{server.server_address[1]}"
    settings.ALLOW_PRIVATE_TARGETS = frozenset({place})
    yield f"http://{place}", handler
    server.shutdown()
    server.server_close()


def refused(url: str, *, limit: int = 5_000, deadline: float = 5.0) -> str:
    with pytest.raises(FetchRefused) as caught:
        fetch(url, limit_bytes=limit, deadline_seconds=deadline)
    assert "secret" not in caught.value.message
    assert "127.0.0.1" not in caught.value.message
    return caught.value.code


def test_a_file_is_fetched_with_its_claimed_type_and_a_name(site):
    url, handler = site
    assert fetch(f"{url}/good.png", limit_bytes=100, deadline_seconds=5) == Fetched(
        b"the file", "image/png", "good.png"
    )
    asked = handler.seen[0]
    assert asked["accept-encoding"] == "identity"
    assert asked["host"] == url.removeprefix("http://")


def test_the_name_the_server_gives_wins(site):
    assert fetch(f"{site[0]}/named", limit_bytes=100, deadline_seconds=5).name == "Sea view.png"


def test_three_redirects_are_followed_without_cookies(site):
    url, handler = site
    assert fetch(f"{url}/twice", limit_bytes=100, deadline_seconds=5).data == b"the file"
    assert [asked["path"] for asked in handler.seen] == ["/twice", "/once", "/good.png"]
    assert all("cookie" not in asked for asked in handler.seen)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing", "url_status"),
        ("loop", "url_redirects"),
        ("inside", "url_private"),
        ("scheme", "url_scheme"),
        ("zipped", "url_encoded"),
        ("declared", "url_too_large"),
        ("endless", "url_too_large"),
        ("short", "url_unreachable"),
        ("flood", "url_unreachable"),
        ("garbage", "url_unreachable"),
        ("negative", "url_unreachable"),
        ("twolengths", "url_unreachable"),
    ],
)
def test_a_bad_answer_gives_its_code_and_nothing_of_itself(site, path, code):
    assert refused(f"{site[0]}/{path}") == code


@pytest.mark.parametrize("path", ["endless", "bomb"])
def test_no_more_is_kept_of_a_body_than_may_come(site, path):
    tracemalloc.start()
    refused(f"{site[0]}/{path}", limit=200_000)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # What the loopback server holds for its answer counts here as well.
    assert peak < 3_000_000


def test_a_length_that_is_too_small_cuts_the_file_and_not_the_rest(site):
    assert fetch(f"{site[0]}/understated", limit_bytes=100, deadline_seconds=5).data == b"the"


def test_a_loop_of_redirects_is_left_after_the_third(site):
    refused(f"{site[0]}/loop")
    assert len(site[1].seen) == 4


@pytest.mark.parametrize("path", ["drip", "headers"])
def test_a_dripping_server_is_left_at_the_deadline(site, path):
    started = time.monotonic()
    assert refused(f"{site[0]}/{path}", deadline=0.6) == "url_too_slow"
    assert time.monotonic() - started < 1.5


def test_several_are_fetched_at_once_and_none_spoils_another(site):
    url, _ = site
    started = time.monotonic()
    got = fetch_all(
        [f"{url}/good.png", f"{url}/drip", f"{url}/headers", f"{url}/inside"], limit_bytes=500, deadline_seconds=1.5
    )
    assert time.monotonic() - started < 4
    assert isinstance(got[0], Fetched)
    assert [one.code for one in got[1:]] == ["url_too_slow", "url_too_slow", "url_private"]


def test_what_was_met_on_the_way_is_told(site):
    url, _ = site
    met = fetch(f"{url}/twice", limit_bytes=100, deadline_seconds=5, ask_head=True).met
    assert met == Met(f"{url}/good.png", redirects=2, length=8, chunked=False, head=501)
    assert fetch(f"{url}/chunked", limit_bytes=5_000, deadline_seconds=5).met.chunked


def test_a_closed_port_is_unreachable(settings):
    server, _ = serve()
    place = f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({place})
    assert refused(f"http://{place}/good.png") == "url_unreachable"


def test_proxies_of_the_environment_are_ignored(site, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetch(f"{site[0]}/good.png", limit_bytes=100, deadline_seconds=5).data == b"the file"


def answering(*rounds: list[str]) -> tuple[Callable, list[str]]:
    """A name server that gives another answer each time it is asked."""
    asked: list[str] = []

    async def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return rounds[min(len(asked), len(rounds)) - 1]

    return resolver, asked


def go(url: str, resolver: Callable, **more: object) -> Fetched:
    return asyncio.run(fetch_async(url, limit_bytes=1000, deadline_seconds=3, resolver=resolver, **more))


def test_one_private_address_among_public_ones_refuses_all():
    resolver, _ = answering(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(FetchRefused, match="private"):
        go("https://files.example.com/a.png", resolver)


def test_a_name_is_asked_once_and_the_vetted_address_is_used(settings):
    """Rebinding: were the name asked again when connecting, the second answer would be used."""
    server, handler = serve()
    port = server.server_address[1]
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"files.example.com:{port}"})
    resolver, asked = answering(["127.0.0.1"], ["192.0.2.1"])
    assert go(f"http://files.example.com:{port}/good.png", resolver).data == b"the file"
    assert asked == ["files.example.com"]
    assert handler.seen[0]["host"] == f"files.example.com:{port}"
    server.shutdown()
    server.server_close()


def test_a_redirect_is_vetted_anew(site):
    url, _ = site
    resolver, asked = answering(["127.0.0.1"], ["169.254.169.254"])
    with pytest.raises(FetchRefused, match="private"):
        go(f"{url}/inside", resolver)
    assert asked == ["127.0.0.1", "169.254.169.254"]


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server for `name` and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - datetime.timedelta(1))
    builder = builder.not_valid_after(now + datetime.timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(("name", "works"), [("files.example.com", True), ("other.example.com", False)])
def test_the_certificate_must_be_of_the_name_and_not_of_the_address(settings, tmp_path, name, works):
    theirs, ours = certificate(tmp_path, name)
    server, handler = serve(theirs)
    port = server.server_address[1]
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"files.example.com:{port}"})
    resolver, _ = answering(["127.0.0.1"])
    url = f"https://files.example.com:{port}"
    if works:
        assert go(f"{url}/good.png", resolver, tls=ours).data == b"the file"
        with pytest.raises(FetchRefused, match="https to plain http"):
            go(f"{url}/plain", resolver, tls=ours)
    else:
        with pytest.raises(FetchRefused) as caught:
            go(f"{url}/good.png", resolver, tls=ours)
        assert caught.value.code == "url_unreachable"
        assert handler.seen == []
    server.shutdown()
    server.server_close()
