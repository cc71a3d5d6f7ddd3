// Package hosts is two hosts with one store, for tests: the command as processes, with folders of their own, and between them
// and PostgreSQL networks that stall, are cut or half open.
package hosts
