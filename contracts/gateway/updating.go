package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/crypto"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// An update is announced by its hashes and waits for the policy's delay, so
// that whoever does not want it can take their credit out before.

// ProposeUpdate announces an update by the sha256 of its NEF and manifest. It
// replaces an announcement made before, and the waiting starts anew. The hashes
// are bytes in the order that sha256 gives, not a Hash256, which tools reverse.
func ProposeUpdate(nefHash []byte, manifestHash []byte) {
	requireOwner()
	p := &updateProposal{
		nefHash:      blob(nefHash, interop.Hash256Len, "nefHash is not a sha256 (32 bytes)"),
		manifestHash: blob(manifestHash, interop.Hash256Len, "manifestHash is not a sha256 (32 bytes)"),
	}
	index := executingIndex()
	p.from = index + updateDelayAt(loadSettings().policy, index)
	putRecord(keyUpdateProposal, p)
	runtime.Notify("UpdateProposed", []byte(p.nefHash), []byte(p.manifestHash), p.from)
}

// CancelUpdate withdraws the announcement.
func CancelUpdate() {
	requireOwner()
	if get(keyUpdateProposal) == nil {
		panic("no update is proposed to cancel")
	}
	remove(keyUpdateProposal)
	runtime.Notify("UpdateCancelled")
}

// ProposedUpdate returns [nefHash, manifestHash, from], null if there is none.
// from is the first block in which Update may run.
func ProposedUpdate() []any {
	found := getRecord(keyUpdateProposal)
	if found == nil {
		return nil
	}
	p := found.(*updateProposal)
	return []any{p.nefHash, p.manifestHash, p.from}
}

// Update replaces the code by the announced one. data is handed to the new
// code's _deploy.
func Update(nef []byte, manifest []byte, data any) {
	requireOwner()
	found := getRecord(keyUpdateProposal)
	if found == nil {
		panic("no update is proposed")
	}
	p := found.(*updateProposal)
	if executingIndex() < p.from {
		panic("the delay of the proposed update is not over")
	}
	if !util.Equals(crypto.Sha256(nef), p.nefHash) {
		panic("nef is not the proposed one")
	}
	if !util.Equals(crypto.Sha256(manifest), p.manifestHash) {
		panic("manifest is not the proposed one")
	}
	remove(keyUpdateProposal)
	runtime.Notify("Updated", []byte(p.nefHash), []byte(p.manifestHash))
	management.UpdateWithData(nef, manifest, data)
}
