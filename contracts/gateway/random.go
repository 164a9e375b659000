package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/convert"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/crypto"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// Random numbers. A request fixes a seed that nobody can choose; the number is
// the sha256 of the one proof of that seed under the node's key. So the node can
// be silent, and then the payer is refunded, but cannot choose the number.

// seedOf is the seed of a request: sha256 over fields of fixed width, so that no
// two requests share one, whatever their requesters choose. GetRandom is of the
// block's nonce, which the requester cannot know when it asks.
func seedOf(id int, requester interop.Hash160, given string) interop.Hash256 {
	return crypto.Sha256([]byte(fixed(runtime.GetNetwork(), 4) +
		string(runtime.GetExecutingScriptHash()) +
		fixed(id, 8) +
		string(requester) +
		string(crypto.Sha256([]byte(given))) +
		fixed(runtime.GetRandom(), 16) +
		string(runtime.GetScriptContainer().Hash)))
}

// fixed is a number from 0 to 256^width-1 as width bytes, little-endian. The VM
// writes the shortest form; the bit above makes it one byte longer than width.
func fixed(n int, width int) string {
	return string(convert.ToBytes(n + 1<<(width*8))[:width])
}

// drawn checks the proof that answers a random request and returns the number,
// 32 bytes. Nothing else can answer it: a node that could give a code instead
// could suppress the numbers that it does not like, and be paid for it.
func drawn(id int, code int, proof string) string {
	if code != codeSuccess {
		panic("a random request can only be answered with Success")
	}
	if len(proof) != proofBytes {
		panic("the result for a random request is not a compressed point of G1 (48 bytes)")
	}
	d := getRecord(idKey(prefixDraw, id)).(*draw)
	remove(idKey(prefixDraw, id))
	key := get(idKey(prefixRandomKey, d.keyID)).(string)
	if !proves([]byte(key), []byte(d.seed), []byte(proof)) {
		panic("the result for a random request does not prove its seed under its key")
	}
	return string(crypto.Sha256([]byte(proof)))
}
