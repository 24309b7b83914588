package kernel

func packPanel(t Type, dst, data []byte, rows, cols int) { packPanelPlain(t, dst, data, rows, cols) }
