// Package draws makes what games and lotteries need out of a random number of
// the gateway: numbers in a range, orders, winners. Nothing is likelier than it
// should be, not by the smallest amount, as long as the 32 bytes are random.
//
// Import it, or copy it into your contract: it is made of what is below alone.
package draws

import (
	"github.com/nspcc-dev/neo-go/pkg/interop/convert"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/crypto"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
)

const (
	// spaceBytes of a digest are read as a number: an Integer has a sign, and 32
	// bytes at most.
	spaceBytes = 31
	// maxAttempts that are rejected one after the other are less likely than 1 in
	// 2^128.
	maxAttempts = 128
	// MaxShuffled bounds Shuffled and Picked, which cost more with each item.
	MaxShuffled = 256
)

// For makes another number of a random number, for another purpose: draws of the
// one tell nothing of draws of the other.
func For(number []byte, purpose string) []byte {
	return crypto.Sha256([]byte(string(number) + purpose))
}

// Below returns a number from 0 to n-1, each as likely as any other; each index
// gives another one, independent of the rest. n is from 1 to 2^248.
func Below(number []byte, index int, n int) int {
	return BelowWithin(number, index, n, maxAttempts)
}

// BelowWithin is Below with at most so many attempts: so that what a contract may
// spend on a draw is bounded, at the price of no number now and then.
func BelowWithin(number []byte, index int, n int, attempts int) int {
	space := spaceOf(spaceBytes)
	if n < 1 || n > space {
		panic("n is not from 1 to 2^248")
	}
	for attempt := 0; attempt < attempts; attempt++ {
		text := string(number) + std.Itoa10(index) + "." + std.Itoa10(attempt)
		digest := string(crypto.Sha256([]byte(text)))
		// The zero behind them keeps it positive.
		value := convert.ToInteger(append([]byte(digest)[:spaceBytes], 0))
		found := Reduced(value, n, space)
		if found >= 0 {
			return found
		}
	}
	panic("no number was found in the attempts that may be made")
}

// spaceOf counts the values of some bytes. Go's own ints are shorter than the
// VM's, so that this must not be a constant.
func spaceOf(width int) int {
	return 1 << (8 * width)
}

// Reduced makes a number from 0 to n-1 of a value from 0 to space-1, or -1 for
// the last (space mod n) values: those that are left are a multiple of n, so as
// many of them lead to each number. With the remainder alone, the first numbers
// would be likelier.
func Reduced(value int, n int, space int) int {
	if value >= space-space%n {
		return -1
	}
	return value % n
}

// Between returns a number from lowest to highest, both among them.
func Between(number []byte, index int, lowest int, highest int) int {
	if lowest > highest {
		panic("lowest is above highest")
	}
	return lowest + Below(number, index, highest-lowest+1)
}

// Shuffled returns the numbers from 0 to n-1 in an order, each order as likely as
// any other (Fisher and Yates). Of more than 57 items there are more orders than
// random numbers of 32 bytes: then not every order can come, but nobody can tell
// which.
func Shuffled(number []byte, n int) []int {
	return Picked(number, n, n)
}

// Picked returns count different numbers from 0 to n-1 in the order in which they
// were drawn: the first one is the first winner.
func Picked(number []byte, count int, n int) []int {
	if n < 0 || n > MaxShuffled {
		panic("n is not from 0 to 256")
	}
	if count < 0 || count > n {
		panic("count is not from 0 to n")
	}
	rest := []int{}
	for i := 0; i < n; i++ {
		rest = append(rest, i)
	}
	picked := []int{}
	for i := 0; i < count; i++ {
		last := n - 1 - i
		at := Below(number, i, last+1)
		picked = append(picked, rest[at])
		rest[at] = rest[last]
	}
	return picked
}
