import pytest

from pillarbox.bitcoin import hashes
from pillarbox.bitcoin.hashes import Hash, first_working, hash160, sha256d, tagged_hash


def test_hash160_of_the_generator_point_is_the_known_one() -> None:
    generator = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    assert hash160(generator).hex() == "751e76e8199196d454941c45d1b3a323f1433bd6"


def test_sha256d_hashes_twice() -> None:
    assert sha256d(b"hello").hex() == "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"


def test_a_tagged_hash_starts_with_the_hash_of_its_tag_twice() -> None:
    name = hashes.sha256(b"TapTweak")
    assert tagged_hash("TapTweak", b"data") == hashes.sha256(name + name + b"data")


def test_a_tagged_hash_leaves_no_trace_in_the_next_one() -> None:
    assert tagged_hash("TapTweak", b"first") != tagged_hash("TapTweak", b"second")
    assert tagged_hash("TapTweak", b"first") == tagged_hash("TapTweak", b"first")


def test_ripemd160_is_right_where_openssl_lacks_it() -> None:
    def missing() -> Hash:
        raise ValueError("unsupported hash type ripemd160")

    fallback = first_working((missing, hashes._ripemd160_of_pycryptodome)).copy()
    fallback.update(b"abc")
    assert fallback.digest().hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"


def test_without_any_ripemd160_the_reason_is_raised() -> None:
    def missing() -> Hash:
        raise ValueError("unsupported hash type ripemd160")

    with pytest.raises(ValueError, match="ripemd160"):
        first_working((missing, missing))
