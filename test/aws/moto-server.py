"""moto on 127.0.0.1, at the port of the first argument, changed where it would stand in the way of what is tested."""

import sys

import moto.cloudformation.models as cloudformation
import moto.cloudformation.parsing as parsing
import moto.events.models as events
import moto.s3.responses as s3
import moto.sqs.models as sqs
from moto.core.utils import unix_time
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

# CloudFormation takes templates of which cfn-lint has only warnings. review.test.ts holds these at none.
all_findings = cloudformation.validate_template_cfn_lint
cloudformation.validate_template_cfn_lint = lambda template: [
    finding for finding in all_findings(template) if finding.rule.id.startswith("E")
]

# A Ref to a bus is its name; moto gives the object.
events.EventBus.physical_resource_id = property(lambda bus: bus.name)

# A Ref to a queue is the address where it answers.
port = int(sys.argv[1])
sqs.Queue.physical_resource_id = property(
    lambda queue: f"http://127.0.0.1:{port}/{queue.account_id}/{queue.name}"
)

# moto leaves the account out of events that are put.
parser = events.EventTemplateParser
parser.DEFAULT_EVENT_INPUT_TEMPLATE = parser.DEFAULT_EVENT_INPUT_TEMPLATE.replace(
    '"source"', '"account": "<account>", "source"'
)

# AWS says once when an event came; moto says it anew to each rule, so that two may differ by a second.
put_events = events.EventsBackend.put_events
events.EventsBackend.put_events = lambda backend, entries: put_events(
    backend, [{"Time": unix_time(), **entry} for entry in entries]
)

# moto raises at the first target that is a function, and no later rule of the bus gets the event.
to_targets = events.Rule.send_to_targets


def to_queues(rule, event, *args, **kwargs):
    targets = rule.targets
    rule.targets = [target for target in targets if ":lambda:" not in target["Arn"]]
    try:
        to_targets(rule, event, *args, **kwargs)
    finally:
        rule.targets = targets


events.Rule.send_to_targets = to_queues


# What reads queues for functions is the poller of the embedded run: moto would start Docker within SendMessage.
class NoSources(dict):
    def items(self):
        return []


make_queue = sqs.Queue.__init__


def without_sources(queue, *args, **kwargs):
    make_queue(queue, *args, **kwargs)
    queue.lambda_event_source_mappings = NoSources()


sqs.Queue.__init__ = without_sources

# RetainExceptOnCreate keeps what is there like Retain when a stack is deleted; moto does not know it.
delete_resources = parsing.ResourceMap.delete


def keeping(resources):
    for resource in resources._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    delete_resources(resources)


parsing.ResourceMap.delete = keeping

# moto lets buckets tell EventBridge, and does not say so when it is asked.
get_notifications = s3.S3Response.get_bucket_notification


def with_event_bridge(response):
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    serialized = response.serialized

    def adding(answer):
        if configuration.event_bridge is not None:
            answer.result["EventBridgeConfiguration"] = {}
        return serialized(answer)

    if configuration is not None:
        response.serialized = adding
    return get_notifications(response)


s3.S3Response.get_bucket_notification = with_event_bridge

application = DomainDispatcherApplication(create_backend_app)
make_server("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler).serve_forever()
