// Package bounded is the reader of a file's lines and rows in bounded memory, also of one whose row never ends.
package bounded
