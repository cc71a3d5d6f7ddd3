// Package bounded reads the lines and rows of a file in bounded memory, also of one whose row never ends.
package bounded
