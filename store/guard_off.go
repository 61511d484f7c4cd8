//go:build unguarded

package store

const unguarded = true
