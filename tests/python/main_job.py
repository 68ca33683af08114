"""The main job of the Duty Ledger, done by a client that shares no code with it.

Generates stubs from proto/ with grpc_tools, as any customer would, and calls a running service:
registry, rules, events, a duplicate, a refusal, a view, an explanation, a sheet, a watch. Asserts
what it gets; prints "main job: ok" at the end.

Usage: main_job.py PROTO_DIRECTORY DATA_DIRECTORY HOST:PORT
"""

import importlib
import json
import pathlib
import sys
import tempfile
import uuid

import grpc
import grpc_tools
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2
from grpc_tools import protoc

NAMESPACE = uuid.UUID("6d1c35f4-8a0b-4c1e-9b60-51d27e3a90f7")
BUREAU = "450200-kjj"
RECORDER = "python-client"
# How long one call may take before the test gives up; nothing is measured.
PATIENCE = 60


def generate(proto: pathlib.Path, out: str) -> None:
    """Compiles the public contract; google/protobuf comes with grpc_tools."""
    files = sorted(str(path) for path in proto.rglob("*.proto"))
    assert files, f"no .proto below {proto}"
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={out}"]
    assert protoc.main([*arguments, f"--grpc_python_out={out}", *files]) == 0, "protoc failed"
    sys.path.insert(0, out)


def module(name: str):
    return importlib.import_module(f"dutyledger.v1.{name}")


def key(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"python/{name}"))


class Ledger:
    """Stubs of every service, with a deadline on every call."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.events = module("duty_event_service_pb2_grpc").DutyEventServiceStub(channel)
        self.registry = module("registry_service_pb2_grpc").RegistryServiceStub(channel)
        self.review = module("review_service_pb2_grpc").ReviewServiceStub(channel)
        self.compliance = module("compliance_pb2_grpc").ComplianceServiceStub(channel)
        self.evaluation = module("evaluation_pb2_grpc").EvaluationServiceStub(channel)
        self.pb = {
            name: module(f"{name}_pb2")
            for name in (
                "compliance",
                "duty_event_service",
                "entry",
                "evaluation",
                "event",
                "registry",
                "registry_service",
                "review_service",
            )
        }

    def register(self, data: pathlib.Path) -> None:
        pb, registry = self.pb["registry_service"], self.pb["registry"]
        demo = json.loads((data / "demo/registry.json").read_text("utf-8"))
        things = (
            ("organization", "organizations", registry.Organization, "RegisterOrganization"),
            ("post", "posts", registry.Post, "RegisterPost"),
            ("person", "persons", registry.Person, "RegisterPerson"),
            ("tenure", "tenures", registry.Tenure, "RegisterTenure"),
        )
        for field, group, message, call in things:
            for value in demo[group]:
                thing = json_format.ParseDict(value, message())
                request = getattr(pb, f"{call}Request")(
                    recorder=RECORDER,
                    event_id=key(f"{field}/{value[f'{field}_id']}"),
                    **{field: thing},
                )
                answer = getattr(self.registry, call)(request, timeout=PATIENCE)
                assert answer.receipt.position and not answer.receipt.duplicate, answer

    def publish(self, data: pathlib.Path) -> None:
        pb = self.pb["registry_service"]
        for path in sorted((data / "calendars").glob("*.toml")):
            request = pb.PublishWorkCalendarRequest(
                recorder=RECORDER, event_id=key(path.name), toml=path.read_text("utf-8")
            )
            self.registry.PublishWorkCalendar(request, timeout=PATIENCE)
        toml = (data / "rulesets/cn-450200-2022.toml").read_text("utf-8")
        checked = self.registry.CheckRuleSet(pb.CheckRuleSetRequest(toml=toml), timeout=PATIENCE)
        assert checked.valid, checked
        request = pb.PublishRuleSetRequest(recorder=RECORDER, event_id=key("rules"), toml=toml)
        published = self.registry.PublishRuleSet(request, timeout=PATIENCE)
        assert published.rule_set.digest == checked.digest, published
        assert published.rule_set.duty_count == 32, published

    def meeting(self, name: str, **changes):
        event = {
            "eventId": key(name),
            "organizationId": BUREAU,
            "kind": "EVENT_KIND_PERFORMED",
            "occurred": {"precision": "DATE_PRECISION_DAY", "startDate": "2022-05-18"},
            "accountingYear": 2022,
            "title": "法治政府建设专题工作会",
            "evidence": [{"kind": "meeting_minutes", "documentNumber": "柳科会〔2022〕7号"}],
            "specialWorkMeeting": {},
        }
        return json_format.ParseDict(event | changes, self.pb["event"].DutyEvent())

    def append(self, *events):
        request = self.pb["duty_event_service"].AppendEventsRequest(
            recorder=RECORDER, events=events
        )
        return self.events.AppendEvents(request, timeout=PATIENCE)

    def selector(self, **more):
        return self.pb["compliance"].ViewSelector(year=2022, as_of_date="2023-04-01", **more)


def refusal(call) -> tuple[grpc.StatusCode, status_pb2.Status]:
    """The status of a refused call, from its grpc-status-details-bin."""
    try:
        answer = call()
    except grpc.RpcError as error:
        trailers = {entry.key: entry.value for entry in error.trailing_metadata()}
        return error.code(), status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    raise AssertionError(f"accepted: {answer}")


def details(status: status_pb2.Status):
    info, bad, texts = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), {}
    for detail in status.details:
        text = error_details_pb2.LocalizedMessage()
        if detail.Unpack(text):
            texts[text.locale] = text.message
        detail.Unpack(info)
        detail.Unpack(bad)
    return info, bad, texts


def check_appends(ledger: Ledger) -> int:
    first = ledger.append(ledger.meeting("one"), ledger.meeting("two"))
    assert [receipt.duplicate for receipt in first.receipts] == [False, False], first
    again = ledger.append(ledger.meeting("one"), ledger.meeting("two"))
    for one, other in zip(first.receipts, again.receipts, strict=True):
        assert other.duplicate
        assert (one.event_id, one.position) == (other.event_id, other.position)
        assert one.recorded_time == other.recorded_time
    return first.position


def check_stored_bytes(ledger: Ledger) -> None:
    pb = ledger.pb["duty_event_service"]
    got = ledger.events.GetEvent(pb.GetEventRequest(event_id=key("one")), timeout=PATIENCE)
    stored = ledger.pb["entry"].LedgerEntry.FromString(got.entry.stored)
    assert stored == got.entry.entry, "the stored bytes are the entry"
    assert stored.duty_event == ledger.meeting("one"), stored
    assert stored.recorder == RECORDER
    assert got.standing.current and got.standing.evidence_grade == "A", got.standing


def check_refusals(ledger: Ledger) -> None:
    bad = ledger.meeting("three", title="", accountingYear=2015)
    nobody = ledger.meeting("four", organizationId="none")
    code, status = refusal(lambda: ledger.append(bad, ledger.meeting("five"), nobody))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and status.code == code.value[0]
    info, request, texts = details(status)
    assert info.domain == "dutyledger", info
    assert info.metadata["violations"] == "3", info
    found = {violation.field: violation for violation in request.field_violations}
    assert {field: violation.reason for field, violation in found.items()} == {
        "events[0].accounting_year": "ACCOUNTING_YEAR_INVALID",
        "events[0].title": "FIELD_REQUIRED",
        "events[2].organization_id": "REFERENCE_UNKNOWN",
    }, found
    for violation in found.values():
        assert violation.description and violation.localized_message.locale == "zh-CN", violation
        assert violation.localized_message.message, violation
    assert set(texts) == {"zh-CN", "en"} and all(texts.values()), texts

    reused = ledger.meeting("one", title="另一次会议")
    code, status = refusal(lambda: ledger.append(reused))
    assert code == grpc.StatusCode.ALREADY_EXISTS, status
    assert details(status)[0].reason == "EVENT_ID_REUSED", status

    pb = ledger.pb["duty_event_service"]
    unknown = pb.GetEventRequest(event_id=key("none"))
    code, status = refusal(lambda: ledger.events.GetEvent(unknown, timeout=PATIENCE))
    assert code == grpc.StatusCode.NOT_FOUND, status
    assert details(status)[0].reason == "REFERENCE_UNKNOWN", status


def check_views(ledger: Ledger, position: int) -> None:
    pb = ledger.pb["compliance"]
    duty = "rule_of_law_work_meeting"
    fulfilled = pb.COMPLIANCE_STATUS_FULFILLED
    request = pb.GetOrganizationComplianceRequest(
        organization_id=BUREAU, selector=ledger.selector(min_position=position)
    )
    view = ledger.compliance.GetOrganizationCompliance(request, timeout=PATIENCE)
    line = next(line for line in view.duties if line.duty_id == duty)
    assert [rung.status for rung in line.rungs][:3] == [fulfilled] * 3, line
    assert line.rungs[3].status == pb.COMPLIANCE_STATUS_NEEDS_VERIFICATION, line
    assert line.status == fulfilled, line

    request = pb.ExplainObligationRequest(
        organization_id=BUREAU, duty_id=duty, selector=ledger.selector()
    )
    explained = ledger.compliance.ExplainObligation(request, timeout=PATIENCE)
    (obligation,) = explained.obligations
    assert explained.legal_basis and obligation.demand_zh and obligation.demand_en, explained
    assert {event.event_id for event in obligation.events} == {key("one"), key("two")}, obligation

    request = ledger.pb["evaluation"].GetScoreSheetRequest(
        organization_id=BUREAU, selector=ledger.selector()
    )
    sheet = ledger.evaluation.GetScoreSheet(request, timeout=PATIENCE)
    assert len(sheet.lines) == 32 and len(sheet.digest) == 64, sheet
    again = ledger.evaluation.GetScoreSheet(request, timeout=PATIENCE)
    assert sheet.SerializeToString(deterministic=True) == again.SerializeToString(
        deterministic=True
    )

    review = ledger.pb["entry"].Review(
        target_event_id=key("one"),
        verdict=ledger.pb["entry"].REVIEW_VERDICT_ACCEPTED,
        verifier="zfb-verifier",
    )
    request = ledger.pb["review_service"].ReviewEventRequest(event_id=key("ok"), review=review)
    accepted = ledger.review.ReviewEvent(request, timeout=PATIENCE).receipt.position
    request = pb.QueryComplianceRequest(
        selector=ledger.selector(min_position=accepted),
        filter=f'duty_id = "{duty}" AND verified.status = fulfilled',
    )
    cells = ledger.compliance.QueryCompliance(request, timeout=PATIENCE).cells
    assert [(cell.organization_id, cell.duty_id) for cell in cells] == [(BUREAU, duty)], cells


def check_watch(ledger: Ledger) -> None:
    pb = ledger.pb["duty_event_service"]
    watch = ledger.events.WatchEvents(pb.WatchEventsRequest(), timeout=PATIENCE)
    seen, appended = [], None
    for message in watch:
        seen += [entry.position for entry in message.entries]
        if appended is None:
            # In the middle of the watch.
            appended = ledger.append(ledger.meeting("live")).position
        elif appended <= message.position:
            break
    watch.cancel()
    assert seen == list(range(1, appended + 1)), seen
    read = ledger.events.ReadEvents(pb.ReadEventsRequest(from_position=2, limit=3), timeout=PATIENCE)
    assert [entry.position for part in read for entry in part.entries] == [2, 3, 4]


def main() -> None:
    proto, data, address = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as out, grpc.insecure_channel(address) as channel:
        generate(proto, out)
        ledger = Ledger(channel)
        ledger.register(data)
        ledger.publish(data)
        position = check_appends(ledger)
        check_stored_bytes(ledger)
        check_refusals(ledger)
        check_views(ledger, position)
        check_watch(ledger)
    print("main job: ok")


if __name__ == "__main__":
    main()
