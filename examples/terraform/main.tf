# Deploys what `npx serverless package --stage production --region eu-west-1` made: docs/install.md says how.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "package" {
  description = "The folder that serverless package wrote"
  type        = string
  default     = "../../.serverless"
}

variable "stage" {
  description = "The stage that it was packaged for"
  type        = string
  default     = "production"
}

variable "code_bucket" {
  description = "A bucket in the region of the deployment, for the code; not the one that CI drops into"
  type        = string
}

locals {
  template = "${var.package}/standalone.json"
  # Another for other code, so that Lambda takes it.
  prefix = jsondecode(file(local.template)).Parameters.CodePrefix.Default
}

data "aws_s3_bucket" "code" {
  bucket = var.code_bucket
}

resource "aws_s3_object" "code" {
  for_each    = fileset(var.package, "*.zip")
  bucket      = data.aws_s3_bucket.code.id
  key         = "${local.prefix}/${each.value}"
  source      = "${var.package}/${each.value}"
  source_hash = filesha256("${var.package}/${each.value}")

  # What runs now stays until what replaces it runs.
  lifecycle {
    create_before_destroy = true
  }
}

# May be too large to be sent with the request.
resource "aws_s3_object" "template" {
  bucket = data.aws_s3_bucket.code.id
  key    = "gitferry/template-${filesha256(local.template)}.json"
  source = local.template

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "gitferry" {
  name         = "gitferry-${var.stage}"
  template_url = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]
  parameters = {
    CodeBucket = data.aws_s3_bucket.code.id
    CodePrefix = local.prefix
  }

  depends_on = [aws_s3_object.code]
}

output "webhooks" {
  description = "Where registries send their webhooks"
  value       = aws_cloudformation_stack.gitferry.outputs["ReceiveLambdaFunctionUrl"]
}
