// Only the CRD of Applications is used.
module gitferry.test/argo-cd

go 1.24.0

require github.com/argoproj/argo-cd/v3 v3.5.7
