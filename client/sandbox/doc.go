// Package sandbox is a fake of the Telegent mPaaS number API.
package sandbox
