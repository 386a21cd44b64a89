// The least that a function can be which uses the client of S3: what others are measured by.
import { GetObjectCommand, type GetObjectCommandInput, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();

export const handler = (input: GetObjectCommandInput) => s3.send(new GetObjectCommand(input));
