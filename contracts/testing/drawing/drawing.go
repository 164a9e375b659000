// Package drawing lets tests call the library of draws on a node.
package drawing

import "github.com/dodona-oracle/dodona/contracts/draws"

func For(number []byte, purpose string) []byte {
	return draws.For(number, purpose)
}

func Below(number []byte, index int, n int) int {
	return draws.Below(number, index, n)
}

func BelowWithin(number []byte, index int, n int, attempts int) int {
	return draws.BelowWithin(number, index, n, attempts)
}

func Between(number []byte, index int, lowest int, highest int) int {
	return draws.Between(number, index, lowest, highest)
}

func Shuffled(number []byte, n int) []int {
	return draws.Shuffled(number, n)
}

func Picked(number []byte, count int, n int) []int {
	return draws.Picked(number, count, n)
}

// Counts tells how many of the values from 0 to space-1 lead to each number
// below n, and last how many lead to none.
func Counts(n int, space int) []int {
	counts := []int{}
	for i := 0; i <= n; i++ {
		counts = append(counts, 0)
	}
	for value := 0; value < space; value++ {
		found := draws.Reduced(value, n, space)
		if found < 0 {
			found = n
		}
		counts[found] = counts[found] + 1
	}
	return counts
}
