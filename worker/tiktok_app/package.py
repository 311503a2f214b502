"""The package itself, imported when it is needed."""

from threading import local
from typing import Any

from worker.domain.errors import OperatorError

of_thread = local()


def signer() -> Any:
    """Return this thread's own class of the package.

    The package keeps the state of its cipher in the class, where threads would mix theirs. A
    lock instead could be held for ever in a forked process.

    Raises:
        OperatorError: the extra is not installed.
    """
    if not hasattr(of_thread, "signer"):
        try:
            from tiktok_signer import TikTokSigner  # noqa: PLC0415 -- an extra
        except ImportError:
            raise OperatorError(
                "requests of TikTok's app need an extra: "
                "`pip install 'sellersync[tiktok-app]'`"
            ) from None
        of_thread.signer = type("Signer", (TikTokSigner,), {"_encryptor": None})
    return of_thread.signer
