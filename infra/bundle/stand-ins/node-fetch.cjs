// Stands for node-fetch in bundles. Only Kubernetes' client asks for it, for what gitferry never calls; the package would bring
// 300 kB of tables of international names, and a warning of Node's at each start.
'use strict';

exports.__esModule = true;
exports.default = globalThis.fetch;
exports.Headers = globalThis.Headers;
