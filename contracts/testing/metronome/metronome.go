// Package metronome is for tests only: a target of upkeeps that counts its calls,
// is due so many blocks after the last one, and emits an event when it is told to.
package metronome

import (
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
)

const (
	keyPeriod   = "p" // blocks
	keyLast     = "l" // block of the last tick
	prefixTicks = "t" // + number: how often Tick was called with it
)

// The deploy data is the period of Due in blocks.
func _deploy(data any, isUpdate bool) {
	ctx := storage.GetContext()
	storage.Put(ctx, keyPeriod, data.(int))
	storage.Put(ctx, keyLast, ledger.CurrentIndex()+1)
}

// Tick is what upkeeps call; number tells them apart.
func Tick(number int) {
	ctx := storage.GetContext()
	storage.Put(ctx, keyLast, ledger.CurrentIndex()+1)
	key := append([]byte(prefixTicks), byte(number))
	storage.Put(ctx, key, ticks(key)+1)
}

// Due is true from the block on that is a period after the last tick's.
func Due() bool {
	ctx := storage.GetReadOnlyContext()
	return ledger.CurrentIndex()-storage.Get(ctx, keyLast).(int) >= storage.Get(ctx, keyPeriod).(int)
}

// Beat emits the event.
func Beat() {
	runtime.Notify("Beat", ledger.CurrentIndex()+1)
}

// Ticks returns how often Tick was called with a number from 0 to 255.
func Ticks(number int) int {
	return ticks(append([]byte(prefixTicks), byte(number)))
}

func ticks(key []byte) int {
	raw := storage.Get(storage.GetReadOnlyContext(), key)
	if raw == nil {
		return 0
	}
	return raw.(int)
}
