"""The examples of RFC 7616 and RFC 2617, and what cameras make of them."""

from models.security.http_auth import Authorization, challenges

RFC_7616 = (  # §3.9.1
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def test_the_examples_of_the_rfc() -> None:
    [sha, md5] = challenges([RFC_7616.format("MD5"), RFC_7616.format("SHA-256")])
    expected = (
        (sha, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        (md5, "8ca523f5e9506fed4657c9700eebdbec"),
    )
    for challenge, response in expected:
        shown = Authorization(challenge, "Mufasa", "Circle of Life", CNONCE).header("GET", "/dir/index.html")
        assert f'response="{response}"' in shown
        assert "nc=00000001" in shown
        assert 'opaque="FQhe/' in shown


def test_digest_without_qop_as_old_cameras_want_it() -> None:
    [challenge] = challenges(['Digest realm="testrealm@host.com",nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    shown = Authorization(challenge, "Mufasa", "Circle Of Life", "x").header("GET", "/dir/index.html")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in shown  # RFC 2069 §2.4, by its erratum
    assert "qop" not in shown


def test_the_strongest_login_is_chosen_and_the_unknown_left_out() -> None:
    offered = ['Basic realm="a", Digest realm="a", nonce="1"', 'Digest realm="a", nonce="2", algorithm=SHA-256']
    assert [one.fields.get("nonce") for one in challenges(offered)] == ["2", "1", None]
    assert challenges(["Negotiate", 'Digest realm="a", nonce="1", algorithm=TOKEN']) == []
