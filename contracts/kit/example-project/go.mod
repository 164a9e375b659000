module example.org/thermometer

go 1.25

require (
	github.com/dodona-oracle/dodona/contracts v0.0.0
	github.com/nspcc-dev/neo-go/pkg/interop v0.0.0-20260609115526-14bc7067ea2e
)

replace github.com/dodona-oracle/dodona/contracts => ./node_modules/dodona/contracts
