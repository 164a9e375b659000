package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// The key of the random numbers. Requests name the key they were made under, so
// every key ever used is kept.

// possessionDomain begins the message whose proof shows that the proposer holds
// the secret: no random request has a seed of this length.
const possessionDomain = "Dodona random key"

// RandomKey returns [keyId, publicKey] of the key that new requests use,
// [0, null] before there is one.
func RandomKey() []any {
	id := currentRandomKey()
	return []any{id, get(idKey(prefixRandomKey, id))}
}

// RandomKeyOf returns the public key with this id, or null.
func RandomKeyOf(keyId int) any {
	return get(idKey(prefixRandomKey, whole(keyId, "keyId of randomKeyOf is not from 0 to 2^63-1")))
}

// ProposeRandomKey makes publicKey the key of new requests at once, by the owner
// or the node account. The proof is over possessionDomain, the gateway's hash
// and the key, so that nobody can announce a key made up from another's.
func ProposeRandomKey(publicKey []byte, possessionProof []byte) {
	node := getAccount(keyNode)
	if !ownerSigned() && (node == nil || !runtime.CheckWitness(node)) {
		panic("only the owner or the node account may propose a random key")
	}
	key := blob(publicKey, publicKeyBytes, "publicKey is not a compressed point of G2 (96 bytes)")
	proof := blob(possessionProof, proofBytes, "possessionProof is not a compressed point of G1 (48 bytes)")
	// Flag bit 6 marks the point at infinity, for which everybody has proofs.
	if int(key[0])&0x40 != 0 {
		panic("publicKey is the point at infinity")
	}
	message := possessionDomain + string(runtime.GetExecutingScriptHash()) + key
	if !proves([]byte(key), []byte(message), []byte(proof)) {
		panic("possessionProof does not prove possession of publicKey")
	}
	id := currentRandomKey() + 1
	put(keyRandomKeyID, id)
	put(idKey(prefixRandomKey, id), key)
	runtime.Notify("RandomKeyChanged", id, []byte(key))
}

func currentRandomKey() int {
	raw := get(keyRandomKeyID)
	if raw == nil {
		return 0
	}
	return raw.(int)
}
