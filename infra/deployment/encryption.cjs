// By what the deployment's data is encrypted: keys of AWS, a key of its own, or one that is there already.
'use strict';
const { partsOf } = require('./parameters.cjs');

/** What a function does with the key that its queue, its table and its bucket are encrypted with. */
const USE = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];
const BY_S3 = { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } };
const allow = (Action, Resource) => ({ Effect: 'Allow', Action, Resource });

/** The scope `encryption`: properties of resources, null where AWS's own key does it, and statements of roles. */
function encryptionOf(parameters) {
  const given = parameters['kms-key'];
  const created = given === 'create';
  const key = given === '' ? null : created ? { 'Fn::GetAtt': ['Key', 'Arn'] } : given;
  const others = partsOf(parameters['decrypt-keys']);
  const use = [
    ...(key === null ? [] : [allow(USE, key)]),
    ...(others.length === 0 ? [] : [allow('kms:Decrypt', others)]),
  ];
  return {
    created,
    key,
    managed: key === null ? true : null,
    table: key === null ? null : { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key },
    bucket: key === null ? { SSEAlgorithm: 'AES256' } : { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
    'bucket-key': key === null ? null : true,
    use: use.length === 0 ? null : use,
    // An existing bucket may be encrypted by one of these, and what is written there is then, too.
    'write-objects': others.length === 0 ? null : [{ ...allow('kms:GenerateDataKey', others), Condition: BY_S3 }],
  };
}

module.exports = { encryptionOf };
