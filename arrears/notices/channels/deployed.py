"""The ways that this deployment has, by its settings."""

from arrears.domain.delivery import Way
from arrears.errors import UsageError
from arrears.notices.channels.carrier import Carrier
from arrears.notices.channels.folder import FolderCarrier
from arrears.settings import Settings


def carriers(settings: Settings, source: str) -> dict[Way, Carrier]:
    """UsageError when there is none, or one is set wrongly."""
    if settings.trial_folder is not None:
        return dict.fromkeys(Way, FolderCarrier(settings.trial_folder / source))
    found: dict[Way, Carrier] = {}
    if settings.smtp_url is not None:
        from arrears.notices.channels.smtp import SmtpCarrier

        url, sender = settings.smtp_url.get_secret_value(), settings.mail_from or ""
        found[Way.EMAIL] = SmtpCarrier(url, sender, settings.smtp_authorities)
    for way, secret in ((Way.SMS, settings.sms_url), (Way.CHAT, settings.chat_url)):
        if secret is not None:
            from arrears.notices.channels.gateway import GatewayCarrier

            found[way] = GatewayCarrier(secret.get_secret_value(), f"{way.value}_url")
    if settings.print_folder is not None:
        from arrears.notices.channels.print_drop import PrintDrop
        from arrears.notices.letter import Typesetter

        records = settings.state / "print" / source
        found[Way.LETTER] = PrintDrop(settings.print_folder, records, Typesetter(settings.templates / "notices").batch)
    if not found:
        raise UsageError(
            "nothing can leave: set ARREARS_SMTP_URL, ARREARS_SMS_URL, ARREARS_CHAT_URL or ARREARS_PRINT_FOLDER; or "
            "ARREARS_TRIAL_FOLDER, where everything lies to be looked at (docs/notices.md)"
        )
    return found
