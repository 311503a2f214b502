"""TikTok Shop behind one address: counts a call, lets it in, answers it."""

from datetime import UTC, datetime

import orjson

from worker.sandbox.mishaps import BROKEN_REPLIES
from worker.sandbox.scenarios import Happening, Mishap
from worker.sandbox.tiktok_shop import token_host, verdicts
from worker.sandbox.tiktok_shop.gate import access_token
from worker.sandbox.tiktok_shop.market import Market
from worker.sandbox.tiktok_shop.routes import find_endpoint
from worker.sandbox.tiktok_shop.verdicts import Refused
from worker.sandbox.wire import HANG_UP, HangUp, Incoming, Reply

NOT_FOUND_PAGE = Reply(status=404, body=b"404 page not found", media_type="text/plain")
# Every second refused call says when to come back; the real API may not say it at all.
RETRY_AFTER = 1  # second


class TikTokShopApi:
    """Answers every call to the token host and the business API."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._throttled = 0
        self._requests = 0

    def answer(self, call: Incoming) -> Reply | HangUp:
        """Answer a call; count it, and let the current scenario have its way."""
        scenario = self.market.conditions.scenario
        happening = self._happening(call)
        try:
            self._count(call)
            if call.path in token_host.PATHS and call.method != "GET":
                return self._broken(NOT_FOUND_PAGE)
            mishap = scenario.mishap(happening)
            if mishap in BROKEN_REPLIES:
                return self._broken(BROKEN_REPLIES[mishap])
            self._suffer(mishap, call)
            data = self._data(call)
        except Refused as refused:
            return self._refusal(refused)
        if scenario.loses_reply(happening):
            self.market.traffic.lost_replies += 1
            return HANG_UP
        return self._reply(code=0, data=data, message=_success(call.path))

    def _happening(self, call: Incoming) -> Happening:
        sellers = self.market.sellers
        rotates = call.path == token_host.REFRESH_PATH
        if rotates:
            owner = sellers.holder(refresh_token=call.query.get("refresh_token", ""))
        else:
            owner = sellers.holder(access_token=access_token(call))
        return Happening(
            app_key=call.query.get("app_key", ""), rotates=rotates, owner=owner
        )

    def _count(self, call: Incoming) -> None:
        """Count a call against the limit of its app and shop.

        Raises:
            Refused: it is over the limit.
        """
        market = self.market
        if call.query.get("app_key") != market.keys.app_key:
            return
        # What names no shop counts against the app alone.
        shop = market.shops_by_cipher.get(call.query.get("shop_cipher", ""))
        key = shop.shop_id if shop else call.query.get("shop_id", "app")
        if not market.traffic.admit(key, _endpoint_name(call.path), at=call.arrived):
            raise self._too_many()

    def _suffer(self, mishap: Mishap | None, call: Incoming) -> None:
        match mishap:
            case Mishap.THROTTLED:
                raise self._too_many()
            case Mishap.SERVER_ERROR:
                raise Refused(verdicts.INTERNAL)
            case Mishap.TOKEN_ENDS:
                now = int(self.market.conditions.now())
                self.market.sellers.expire_access(access_token(call), now=now)
            case _:
                pass

    def _too_many(self) -> Refused:
        self._throttled += 1
        hint = RETRY_AFTER if self._throttled % 2 else None
        return Refused(verdicts.THROTTLED, retry_after=hint)

    def _data(self, call: Incoming) -> object:
        if call.path in token_host.PATHS:
            return token_host.answer_token_call(self.market, call)
        endpoint = find_endpoint(call.path)
        if endpoint is None:
            raise Refused(verdicts.UNKNOWN_PATH)
        if endpoint.method != call.method:
            raise Refused(verdicts.WRONG_METHOD)
        return endpoint.run(self.market, call)

    def _refusal(self, refused: Refused) -> Reply:
        verdict = refused.verdict
        self.market.traffic.refused[f"{verdict.status}/{verdict.code}"] += 1
        return self._reply(
            status=verdict.status,
            code=verdict.code,
            data=None,
            message=verdict.message,
            retry_after=refused.retry_after,
        )

    def _broken(self, reply: Reply) -> Reply:
        self.market.traffic.refused[str(reply.status)] += 1
        return reply

    def _reply(
        self,
        *,
        status: int = 200,
        code: int,
        data: object,
        message: str,
        retry_after: int | None = None,
    ) -> Reply:
        self._requests += 1
        now = datetime.fromtimestamp(self.market.conditions.now(), UTC)
        request_id = f"{now:%Y%m%d%H%M%S}{self._requests:020X}"
        body = orjson.dumps(
            {"code": code, "data": data, "message": message, "request_id": request_id}
        )
        headers = {"x-tts-logid": request_id}
        if retry_after is not None:
            headers["retry-after"] = str(retry_after)
        return Reply(status=status, body=body, headers=headers)


def _success(path: str) -> str:
    return "success" if path in token_host.PATHS else "Success"


def _endpoint_name(path: str) -> str:
    """Return the path, without the id at its end."""
    if path in token_host.PATHS:
        return path
    endpoint = find_endpoint(path)
    return endpoint.path if endpoint else "unknown"
