// Package twice is a gateway that breaks its word: it delivers an answer as often
// as it is told to, and answers what nobody asked.
package twice

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
)

// RequestHttp takes any request, and says that its id is 7.
func RequestHttp(spec string, filter string, callback string, userData any, maxFee int) int {
	return 7
}

// Deliver calls a callback so many times.
func Deliver(requester interop.Hash160, callback string, id int, code int, result []byte, times int) {
	for i := 0; i < times; i++ {
		contract.Call(requester, callback, contract.All, id, nil, code, result)
	}
}
