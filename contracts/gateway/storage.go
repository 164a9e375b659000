package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
)

// Every key and record of the gateway's storage.
//
// A key is a prefix alone, a prefix and one or two accounts or a hash, a prefix
// and a pair with what has a fixed length behind it, or a prefix and an id. The last are Integers: the VM takes their little-endian
// bytes, so id<<8 + prefix starts with the prefix and costs nothing to build.
const (
	keyVersion        = "v" // version of this layout
	keySettings       = "s" // settings
	keyOwner          = "o" // account
	keyProposedOwner  = "w" // account
	keyNode           = "n" // account, absent when revoked
	keyOverlap        = "x" // overlap
	keyNodeProposal   = "m" // nodeProposal
	keyUpdateProposal = "u" // updateProposal
	keyRandomKeyID    = "i" // Integer, the key that new requests use
	keyFunctionID     = "l" // Integer, the last id given to a function
	keyCounters       = "c" // pack(requests made and not expired, last id given to a request or an upkeep)

	prefixBalance     = "b" // + account: pack(reserved, credit)
	prefixEarned      = "e" // + account: pack(requests answered, earned)
	prefixSponsorship = "p" // + payer + requester: sponsorship
	prefixAccepted    = "a" // + requester: the payer it accepted
	prefixSource      = "h" // + sha256: source of a function
	prefixURIs        = "q" // + sha256: []string, where the code may be found

	prefixFeed            = "P" // + pair: Integer, the number of its last round
	prefixRound           = "R" // + pair + 2 bytes, the round's number modulo maxKeptRounds: priceRound
	prefixChosen          = "C" // + pair: account that pays for its rounds
	prefixFeedSponsorship = "S" // + pair + payer: feedSponsorship

	prefixRequest   = 'r' // id: request, while it is pending
	prefixDelivery  = 'd' // id: delivery, as long as there may be one
	prefixKept      = 'k' // id: kept
	prefixDraw      = 'z' // id: draw, while a random request is pending
	prefixRandomKey = 'y' // key id: public key
	prefixFunction  = 'f' // function id: function
	prefixUpkeep    = 't' // id: upkeep
	prefixProgress  = 'g' // id of an upkeep: progress(last due, block of the last run, funded)
)

// layoutVersion is the version of all of the above. `_deploy` refuses to run on
// any other.
const layoutVersion = 1

// settings is what every request needs, in one record for one read.
type settings struct {
	executor interop.Hash160
	paused   bool
	policy   *policySettings
}

// policySettings is what the owner sets with setPolicy.
type policySettings struct {
	premiums          []int // datoshi, by kind
	minimums          []int // datoshi, by kind: the least maxFee
	requestLifetime   int   // blocks
	resultLifetime    int   // blocks
	networkFeeCeiling int   // datoshi
	updateDelay       int   // blocks between proposeUpdate and update
	// A lower delay waits for the one in force: from block lowerFrom it is
	// lowerUpdateDelay. lowerFrom is 0 when none is waiting.
	lowerUpdateDelay int
	lowerFrom        int
}

// request is what answering, expiring and charging need. What only a delivery
// needs is apart, so that a plain answer costs the same whatever was asked.
type request struct {
	kind      int
	requester interop.Hash160
	sponsor   any  // Hash160 of who pays, null if the requester does
	sponsored int  // generation of the sponsorship that pays
	delivers  bool // has a callback, and so a delivery record
	maxFee    int
	deadline  int // last block in which it can be answered
	asked     int // block it was asked in
	// Of the policy at the request, so that no change of it reaches back.
	premium           int
	networkFeeCeiling int
	resultLifetime    int
}

// delivery is what a callback is called with. first is the url of `request`,
// null for all other kinds, whose callbacks get the id instead.
type delivery struct {
	callback string
	userData any
	first    any
}

// kept is an answer that no callback took.
type kept struct {
	requester interop.Hash160
	delivers  bool
	code      int
	result    string
	answered  int // block
	keptUntil int // from the block after it anyone may drop it
}

// draw is what the answer to a random request has to prove.
type draw struct {
	keyID int
	seed  string // sha256
}

// sponsorship is what payer will pay for requester.
type sponsorship struct {
	maxFeePerRequest int
	allowance        int
	generation       int // counts the calls of `sponsor` for this pair
}

// function is a program that requests may name, whose code is kept by its hash.
type function struct {
	owner    interop.Hash160
	name     string
	codeHash string // sha256
}

// upkeep is what an owner registered, and what of the policy holds for it. Kind,
// every and condition follow from the trigger.
type upkeep struct {
	owner             interop.Hash160
	target            interop.Hash160
	method            string
	args              []any
	trigger           string
	kind              int
	every             int    // blocks, for `every:`
	condition         string // method, for `when:`
	maxFee            int
	premium           int
	networkFeeCeiling int
	registered        int // block
}

// priceRound is a price that was published.
type priceRound struct {
	price         int
	timestamp     int // ms
	confidenceBps int
	sum           int // over all rounds before it, of price times the ms that it held
}

// feedSponsorship is what payer will pay for the rounds of a feed.
type feedSponsorship struct {
	maxFeePerRound int
	allowance      int
}

// overlap is the node account before this one, which may still answer in blocks
// up to and including until.
type overlap struct {
	account interop.Hash160
	until   int
}

type nodeProposal struct {
	account interop.Hash160
	byOwner bool
}

type updateProposal struct {
	nefHash      string // sha256
	manifestHash string // sha256
	from         int    // first block in which `update` may run
}

// pack puts two numbers below 2^62 into one that always takes 16 bytes. Two
// balances in one record halve the reads, and a size that never changes makes
// the storage fee of `respond` the same in preflight and in the block.
func pack(high int, low int) int {
	return (1<<62+high)<<63 + low
}

func packedHigh(v int) int {
	return v>>63 - 1<<62
}

func packedLow(v int) int {
	return v & maxInt
}

// get returns bytes, or null. They are to be asserted to be a string or an int:
// the compiler makes a Buffer of what is asserted to be []byte, and EQUAL
// compares Buffers by identity.
func get(key any) any {
	return storage.Get(storage.GetReadOnlyContext(), key)
}

// getAccount returns an account, or null.
func getAccount(key any) interop.Hash160 {
	return interop.Hash160(get(key).(string))
}

func put(key any, value any) {
	storage.Put(storage.GetContext(), key, value)
}

func remove(key any) {
	storage.Delete(storage.GetContext(), key)
}

// getRecord returns a record, or null.
func getRecord(key any) any {
	raw := get(key)
	if raw == nil {
		return nil
	}
	// A Hash160 only to the compiler: as []byte it would be copied to a Buffer.
	return std.Deserialize(interop.Hash160(raw.(string)))
}

func putRecord(key any, record any) {
	put(key, std.Serialize(record))
}

func getPacked(key any) int {
	raw := get(key)
	if raw == nil {
		return pack(0, 0)
	}
	return raw.(int)
}

func loadSettings() *settings {
	return getRecord(keySettings).(*settings)
}

func saveSettings(s *settings) {
	putRecord(keySettings, s)
}

func idKey(prefix int, id int) any {
	return id<<8 + prefix
}

func accountKey(prefix string, a interop.Hash160) any {
	return prefix + string(a)
}

func sponsorshipKey(payer interop.Hash160, requester interop.Hash160) any {
	return prefixSponsorship + string(payer) + string(requester)
}
