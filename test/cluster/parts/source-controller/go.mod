// Only its CRDs are used; the controller is played by a stand-in.
module gitferry.test/source-controller

go 1.24.0

require github.com/fluxcd/source-controller v1.9.4
