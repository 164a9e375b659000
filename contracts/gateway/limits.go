package gateway

// Every limit of the gateway. The build reads these constants into
// contracts/build/gateway.abi.json, with the comment behind each.
const (
	maxURLBytes          = 256     // bytes of the url of `request`
	maxFilterBytes       = 128     // bytes of a filter
	maxSpecBytes         = 512     // bytes of the spec of `requestHttp`
	maxCallbackBytes     = 32      // bytes of a callback's name
	maxNameBytes         = 64      // bytes of a function's name
	maxSourceBytes       = 30720   // bytes of a function's source on the chain, 30 KiB
	maxURIBytes          = 256     // bytes of a uri of a function's code
	maxURIs              = 16      // uris of one code
	maxArgsBytes         = 512     // bytes of the args of `requestFunction`
	maxSeedBytes         = 64      // bytes of the seed of `requestRandom`
	maxUserDataBytes     = 512     // bytes of userData as StdLib.serialize writes it
	maxResultBytes       = 61440   // bytes of a result, 60 KiB
	maxResponses         = 32      // answers in one `respond`
	maxMethodBytes       = 64      // bytes of the method of an upkeep, and of the one that `when:` names
	maxUpkeepArgs        = 16      // args of an upkeep
	maxUpkeepArgsBytes   = 512     // bytes of the args of an upkeep as StdLib.serialize writes them
	maxTriggerBytes      = 128     // bytes of the trigger of an upkeep
	maxEventBytes        = 32      // bytes of the event that `on:` names
	maxEveryBlocks       = 1 << 24 // blocks that `every:` names
	maxCatchup           = 10      // missed occurrences that `;catchup=` makes up for
	maxRuns              = 32      // runs in one `performUpkeeps`
	maxPairBytes         = 32      // bytes of a pair, the name of a feed
	maxRounds            = 64      // rounds in one `submitPrices`
	maxKeptRounds        = 1024    // rounds of a feed that are kept
	maxConfidenceBps     = 10000   // basis points of the confidence of a round
	maxIds               = 64      // ids in one `expire` or `dropResults`
	maxInt               = 1<<63 - 1
	maxLifetimeBlocks    = 1 << 24 // blocks, of any lifetime or delay in the policy
	priceDecimals        = 8
	millisecondsInDay    = 86400000
	millisecondsInMinute = 60000
)

// Kinds of work. They index the premiums and minimums of the policy.
const (
	kindOracle   = 0 // `request`, as the native oracle has it
	kindHTTP     = 1 // `requestHttp`
	kindFunction = 2 // `requestFunction`
	kindRandom   = 3 // `requestRandom`
	kindPrice    = 4
	kindUpkeep   = 5
	kinds        = 6
)

// The codes of Neo's native oracle.
const (
	codeSuccess                 = 0x00
	codeProtocolNotSupported    = 0x10
	codeConsensusUnreachable    = 0x12
	codeNotFound                = 0x14
	codeTimeout                 = 0x16
	codeForbidden               = 0x18
	codeResponseTooLarge        = 0x1a
	codeInsufficientFunds       = 0x1c
	codeContentTypeNotSupported = 0x1f
	codeError                   = 0xff
)
