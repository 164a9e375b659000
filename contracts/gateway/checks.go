package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/crypto"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/gas"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/neo"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/notary"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/oracle"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/policy"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/roles"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// Arguments come from strangers and the VM does not check their types: what a
// manifest calls an Integer may arrive as bytes, what it calls a Hash160 may be
// a Buffer, which the EQUAL opcode compares by identity. So every argument goes
// through one of these, which return it in the one form the gateway works with
// and take the whole message of the refusal, so that a search finds it.

// treasuryHash is the one native contract that the interop package lacks.
const treasuryHash = "\xc1\x3a\x56\xc9\x83\x53\xa7\xea\x6a\x32\x4d\x9a\x83\x5d\x1b\x5b\xf2\x26\x63\x15"

// itemArray is the byte that an Array begins with as StdLib.serialize writes it.
const itemArray = 0x40

// whole returns an amount, id or time: an Integer from 0 to 2^63-1.
func whole(v any, refusal string) int {
	if v == nil {
		panic(refusal)
	}
	n := v.(int)
	if n < 0 || n > maxInt {
		panic(refusal)
	}
	return n
}

// hash160 returns 20 bytes.
func hash160(v any, refusal string) interop.Hash160 {
	return interop.Hash160(blob(v, interop.Hash160Len, refusal))
}

// blob returns bytes of exactly this length.
func blob(v any, length int, refusal string) string {
	if v == nil {
		panic(refusal)
	}
	s := v.(string)
	if len(s) != length {
		panic(refusal)
	}
	return s
}

// text returns UTF-8 of at most limit bytes; null is the empty text. Events
// with anything else in a String would fault with a message that names no field.
func text(v any, limit int, tooLong string, notUTF8 string) string {
	if v == nil {
		return ""
	}
	s := v.(string)
	if len(s) > limit {
		panic(tooLong)
	}
	i := 0
	for i < len(s) {
		c := int(s[i])
		i++
		if c < 0x80 {
			continue
		}
		// The first byte tells how many follow and, to shut out overlong
		// forms, surrogates and what lies beyond U+10FFFF, the range of the
		// second.
		follow := 0
		low := 0x80
		high := 0xbf
		if c >= 0xc2 && c <= 0xdf {
			follow = 1
		} else if c >= 0xe0 && c <= 0xef {
			follow = 2
			if c == 0xe0 {
				low = 0xa0
			} else if c == 0xed {
				high = 0x9f
			}
		} else if c >= 0xf0 && c <= 0xf4 {
			follow = 3
			if c == 0xf0 {
				low = 0x90
			} else if c == 0xf4 {
				high = 0x8f
			}
		} else {
			panic(notUTF8)
		}
		if i+follow > len(s) {
			panic(notUTF8)
		}
		for follow > 0 {
			c = int(s[i])
			if c < low || c > high {
				panic(notUTF8)
			}
			low = 0x80
			high = 0xbf
			i++
			follow--
		}
	}
	return s
}

// outsider tells natives, the gateway and the executor from everybody else.
// Natives call what they are told to (a token pays whom its sender names, the
// native oracle calls back whom it was asked by), so none may act or hold here.
func outsider(a interop.Hash160, executor interop.Hash160) bool {
	return !util.Equals(a, runtime.GetExecutingScriptHash()) && !util.Equals(a, executor) &&
		!util.Equals(a, gas.Hash) && !util.Equals(a, neo.Hash) &&
		!util.Equals(a, management.Hash) && !util.Equals(a, ledger.Hash) &&
		!util.Equals(a, std.Hash) && !util.Equals(a, crypto.Hash) &&
		!util.Equals(a, policy.Hash) && !util.Equals(a, roles.Hash) &&
		!util.Equals(a, oracle.Hash) && !util.Equals(a, notary.Hash) &&
		!util.Equals(a, treasuryHash)
}

// calledByEntry tells whether the entry script itself called, not a contract.
func calledByEntry() bool {
	return util.Equals(runtime.GetCallingScriptHash(), runtime.GetEntryScriptHash())
}

// caller returns the calling contract or, when the entry script calls, the
// transaction's sender. A sender that signed with scope None only pays fees:
// without its witness here its credit is not for the taking.
func caller(executor interop.Hash160) interop.Hash160 {
	c := runtime.GetCallingScriptHash()
	if util.Equals(c, runtime.GetEntryScriptHash()) {
		c = runtime.GetScriptContainer().Sender
		if !runtime.CheckWitness(c) {
			panic("the sender's witness does not hold for the gateway")
		}
	}
	if !outsider(c, executor) {
		panic("the caller is a native contract, the gateway or the executor")
	}
	return c
}

// executingIndex is the index of the block that this transaction is in, or
// would be in next when it only runs under invokescript.
func executingIndex() int {
	return ledger.CurrentIndex() + 1
}
