package control

// AskWithin is [Ask] of a run that has so long to answer.
var AskWithin = askWithin
