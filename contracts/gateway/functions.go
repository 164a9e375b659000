package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/crypto"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// Functions are programs that requests name by a number. Their code is kept by
// its sha256, apart from them and for good: a request names the code of its
// block, whatever becomes of the function while the request is under way.

// RegisterFunction stores a function of the caller's and returns its id. The
// code is the source, kept here; or, with an empty source, what the uri leads
// to, which the node takes only if codeHash is its sha256. Code that is known
// already needs neither.
func RegisterFunction(name string, codeHash []byte, source string, uri string) int {
	s := loadSettings()
	owner := caller(s.executor)
	name = text(name, maxNameBytes, "name is longer than 64 bytes", "name is not UTF-8")
	if s.paused {
		panic("the gateway is paused: it takes no new functions")
	}
	hash := keepCode(codeHash, source, uri)
	id := lastFunctionID() + 1
	put(keyFunctionID, id)
	putRecord(idKey(prefixFunction, id), &function{owner: owner, name: name, codeHash: hash})
	runtime.Notify("FunctionRegistered", id, owner, name, []byte(hash))
	return id
}

// UpdateFunction gives a function other code, by its owner. Requests made
// before keep the code that they were made with.
func UpdateFunction(functionId int, codeHash []byte, source string, uri string) {
	functionId = whole(functionId, "functionId of updateFunction is not from 0 to 2^63-1")
	s := loadSettings()
	by := caller(s.executor)
	found := getRecord(idKey(prefixFunction, functionId))
	if found == nil {
		panic("no function has this id to update")
	}
	f := found.(*function)
	if !util.Equals(by, f.owner) {
		panic("only the function's owner may update it")
	}
	if s.paused {
		panic("the gateway is paused: no function can be updated")
	}
	f.codeHash = keepCode(codeHash, source, uri)
	putRecord(idKey(prefixFunction, functionId), f)
	runtime.Notify("FunctionUpdated", functionId, []byte(f.codeHash))
}

// FunctionOf returns [owner, name, codeHash] of a function, null of none.
func FunctionOf(functionId int) []any {
	functionId = whole(functionId, "functionId of functionOf is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixFunction, functionId))
	if found == nil {
		return nil
	}
	f := found.(*function)
	return []any{f.owner, f.name, f.codeHash}
}

// CodeOf returns [source, uris] of the code with this sha256, null if there is
// none. The source is empty when nobody gave it. What a uri leads to was checked
// by nobody: take it only if it has this sha256.
func CodeOf(codeHash []byte) []any {
	hash := blob(codeHash, interop.Hash256Len, "codeHash of codeOf is not a sha256 (32 bytes)")
	source := get(prefixSource + hash)
	uris := getRecord(prefixURIs + hash)
	if source == nil && uris == nil {
		return nil
	}
	if source == nil {
		source = ""
	}
	if uris == nil {
		uris = []string{}
	}
	return []any{source, uris}
}

// keepCode stores what is new of a code and returns its hash. A source is
// stored once, since only one has this hash; uris gather, up to a bound, for
// anybody may add one and nobody can tell here where it leads.
func keepCode(codeHash []byte, source string, uri string) string {
	hash := blob(codeHash, interop.Hash256Len, "codeHash is not a sha256 (32 bytes)")
	source = text(source, maxSourceBytes, "source is longer than 30720 bytes", "source is not UTF-8")
	uri = text(uri, maxURIBytes, "uri is longer than 256 bytes", "uri is not UTF-8")
	if len(source) != 0 {
		// A Hash160 only to the compiler, as in getRecord.
		if !util.Equals(crypto.Sha256(interop.Hash160(source)), hash) {
			panic("codeHash is not the sha256 of source")
		}
		if get(prefixSource+hash) == nil {
			put(prefixSource+hash, source)
		}
	}
	if len(uri) != 0 {
		keepURI(prefixURIs+hash, uri)
	} else if len(source) == 0 && get(prefixSource+hash) == nil && get(prefixURIs+hash) == nil {
		panic("source and uri are empty, and the code of this codeHash is not known")
	}
	return hash
}

func keepURI(key string, uri string) {
	uris := []string{}
	found := getRecord(key)
	if found != nil {
		uris = found.([]string)
	}
	for i := range uris {
		if util.Equals(uris[i], uri) {
			return
		}
	}
	if len(uris) == maxURIs {
		panic("the code of this codeHash has 16 uris already, and this is none of them")
	}
	putRecord(key, append(uris, uri))
}

func lastFunctionID() int {
	raw := get(keyFunctionID)
	if raw == nil {
		return 0
	}
	return raw.(int)
}
