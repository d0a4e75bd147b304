module atom.local/pause

go 1.24
