// Package hosts tests several hosts with one store: the command as processes, with folders of their own, and between them
// and PostgreSQL networks that stall, are cut or half open.
package hosts
