//go:build tools

// Package tools pins, with go.mod and go.sum, the neo-go that is built where no wheel fits.
package tools

import _ "github.com/nspcc-dev/neo-go/cli/app"
