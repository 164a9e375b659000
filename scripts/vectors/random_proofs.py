"""Proofs of random numbers, computed with py_ecc: nothing of them is this project's own code.

Writes test/fixtures/vrf/proofs.json, which test/vrf/proof.test.ts holds the node's prover against.
It needs Python 3.8 or later and py_ecc 8.0.0, in an environment of their own:

    python3 -m venv /tmp/vectors
    /tmp/vectors/bin/pip install py_ecc==8.0.0
    /tmp/vectors/bin/python scripts/vectors/random_proofs.py > test/fixtures/vrf/proofs.json

The scheme, as contracts/gateway/vrf.go has it: x is sha256(message) read little-endian with its last
byte 0, the proof (1/(x+secret))*g1, the number sha256(proof). Points are in the compressed form of
Zcash. Each secret's proof of one message is checked here by a pairing.
"""

import hashlib
import json

from py_ecc.bls.point_compression import compress_G1, compress_G2
from py_ecc.optimized_bls12_381 import FQ12, G1, G2, add, curve_order, multiply, pairing

SECRETS = [1, 2, curve_order - 1] + [
    int.from_bytes(hashlib.sha512(b"secret %d" % n).digest(), "big") % curve_order for n in range(4)
]
MESSAGES = [b"", b"\x00" * 32, hashlib.sha256(b"seed").digest(), b"Dodona random key" + b"\xff" * 116]


def scalar_of(message):
    digest = bytearray(hashlib.sha256(message).digest())
    digest[31] = 0
    return int.from_bytes(digest, "little")


def g1_bytes(point):
    return compress_G1(point).to_bytes(48, "big")


def g2_bytes(point):
    high, low = compress_G2(point)
    return high.to_bytes(48, "big") + low.to_bytes(48, "big")


# Node and library raise to three times the exponent of the definition, which is quicker, and take
# the absolute value of the curve's parameter, which is negative: their pairing is py_ecc's to the
# power of -3. An equation of pairings holds with both or with none.
NEO_POWER = curve_order - 3


def neo_bytes(value):
    """576 bytes as Neo writes them. py_ecc has powers of w with w^12 = 2*w^6 - 2; Neo has a tower
    over Fp2 with u = w^6 - 1, its highest part first."""
    coefficients = [int(c) for c in value.coeffs]
    modulus = FQ12.zero().field_modulus
    written = b""
    for w in (1, 0):
        for v in (2, 1, 0):
            power = w + 2 * v
            imaginary = coefficients[power + 6]
            real = (coefficients[power] + imaginary) % modulus
            written += imaginary.to_bytes(48, "big") + real.to_bytes(48, "big")
    return written


def main():
    unit = pairing(G2, G1)
    vectors = []
    for number, secret in enumerate(SECRETS):
        public_key = multiply(G2, secret)
        for at, message in enumerate(MESSAGES):
            x = scalar_of(message)
            proof = multiply(G1, pow(x + secret, -1, curve_order))
            # A pairing takes seconds here: one message of each secret, another each time.
            if at == number % len(MESSAGES):
                assert pairing(add(multiply(G2, x), public_key), proof) == unit
            vectors.append(
                {
                    "secret": secret.to_bytes(32, "big").hex(),
                    "publicKey": g2_bytes(public_key).hex(),
                    "message": message.hex(),
                    "proof": g1_bytes(proof).hex(),
                    "number": hashlib.sha256(g1_bytes(proof)).hexdigest(),
                }
            )
    constants = {
        "g1": g1_bytes(G1).hex(),
        "g2": g2_bytes(G2).hex(),
        "pairingOfGenerators": neo_bytes(unit**NEO_POWER).hex(),
    }
    made = {"madeWith": "py_ecc 8.0.0", "constants": constants, "proofs": vectors}
    print(json.dumps(made, indent=2))


main()
