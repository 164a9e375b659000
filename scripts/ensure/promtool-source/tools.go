//go:build tools

// Package tools pins, with go.mod and go.sum, the promtool that is built where no package has one.
package tools

import _ "github.com/prometheus/prometheus/cmd/promtool"
