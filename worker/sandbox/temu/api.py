"""One zone's router: counts a call, lets it in, answers it."""

import json
import uuid
from collections.abc import Callable, Mapping

import orjson

from worker.sandbox.chance import dice
from worker.sandbox.mishaps import BROKEN_REPLIES
from worker.sandbox.scenarios import Happening, Mishap
from worker.sandbox.temu import verdicts
from worker.sandbox.temu.gate import check_app, check_token
from worker.sandbox.temu.goods import query_skus, retrieve_goods
from worker.sandbox.temu.orders import list_orders, read_order
from worker.sandbox.temu.parameters import Parameters
from worker.sandbox.temu.tokens import create_token, token_info
from worker.sandbox.temu.verdicts import Refused, bad_params
from worker.sandbox.temu.zone import PREFIXES, Admitted, Zone
from worker.sandbox.wire import HANG_UP, HangUp, Incoming, Reply

# The only call without a valid token.
CREATE_TOKEN = "bg.open.accesstoken.create"  # noqa: S105 -- the name of a call
TYPES: Mapping[str, Callable[[Admitted], object]] = {
    "bg.open.accesstoken.info.get": token_info,
    "bg.order.list.v2.get": list_orders,
    "bg.order.detail.v2.get": read_order,
    "temu.local.goods.list.retrieve": retrieve_goods,
    "bg.local.goods.sku.list.query": query_skus,
}
KNOWN_TYPES = frozenset({CREATE_TOKEN, *TYPES})
SUCCESS = 1000000
# Temu counts per app, for all its malls together.
BUDGET_KEY = "app"


class TemuApi:
    """Answers every call to one zone's router."""

    def __init__(self, zone: Zone, seed: int) -> None:
        self.zone = zone
        self._chance = dice(seed, "temu request ids", zone.name)

    def answer(self, call: Incoming) -> Reply | HangUp:
        """Answer a call; count it, and let the current scenario have its way."""
        zone = self.zone
        scenario = zone.conditions.scenario
        parameters = Parameters(_body(call))
        owner = str(parameters.values.get("access_token") or "")
        happening = Happening(app_key=zone.keys.app_key, owner=owner)
        try:
            self._count(call, parameters)
            mishap = scenario.mishap(happening)
            if mishap in BROKEN_REPLIES:
                zone.traffic.refused[str(BROKEN_REPLIES[mishap].status)] += 1
                return BROKEN_REPLIES[mishap]
            _suffer(mishap)
            result = self._result(call, parameters)
        except Refused as refused:
            return self._refusal(refused)
        if scenario.loses_reply(happening):
            zone.traffic.lost_replies += 1
            return HANG_UP
        return self._reply(
            {"success": True, "errorCode": SUCCESS, "errorMsg": "", "result": result}
        )

    def _count(self, call: Incoming, parameters: Parameters) -> None:
        call_type = str(parameters.values.get("type"))
        name = call_type if call_type in KNOWN_TYPES else "unknown"
        if not self.zone.traffic.admit(BUDGET_KEY, name, at=call.arrived):
            raise Refused(verdicts.THROTTLED)

    def _result(self, call: Incoming, parameters: Parameters) -> object:
        if call.method != "POST" or not parameters.values:
            raise Refused(bad_params("body"))
        call_type = parameters.values.get("type")
        if not call_type:
            raise Refused(verdicts.NO_TYPE)
        if call_type not in KNOWN_TYPES:
            raise Refused(verdicts.UNKNOWN_TYPE)
        check_app(self.zone, parameters)
        if call_type == CREATE_TOKEN:
            return create_token(self.zone, parameters)
        mall = check_token(self.zone, parameters, str(call_type))
        admitted = Admitted(zone=self.zone, mall=mall, parameters=parameters)
        return TYPES[str(call_type)](admitted)

    def _refusal(self, refused: Refused) -> Reply:
        verdict = refused.verdict
        self.zone.traffic.refused[str(verdict.code)] += 1
        return self._reply(
            {
                "success": False,
                "errorCode": verdict.code,
                "errorMsg": verdict.message,
            },
            status=verdict.status,
        )

    def _reply(self, body: dict[str, object], *, status: int = 200) -> Reply:
        number = uuid.UUID(int=self._chance.getrandbits(128), version=4)
        body["requestId"] = f"{PREFIXES[self.zone.name]}-{number}"
        return Reply(status=status, body=orjson.dumps(body))


def _suffer(mishap: Mishap | None) -> None:
    if mishap is Mishap.THROTTLED:
        raise Refused(verdicts.THROTTLED)
    if mishap is Mishap.SERVER_ERROR:
        raise Refused(verdicts.INTERNAL)


def _body(call: Incoming) -> dict[str, object]:
    """Parse with the standard library: it keeps integers of any size as they are."""
    try:
        values = json.loads(call.body)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
