/**
 * Kinds of resources that moto's CloudFormation leaves out without a word. `template.test.ts` asserts on the template what of
 * these matters; when moto comes to know one, deploy.test.ts fails until it is taken off here.
 */
export const UNKNOWN_TO_MOTO = ['AWS::Lambda::Url', 'AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy'];
