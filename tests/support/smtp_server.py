"""An SMTP server that does as it is told: refuses, delays, drops the line, talks nonsense.

Its settings, JSON on the command line: "user": [name, password], "certificate": a PEM file, "tls_from_the_start".

Prints its port, then one JSON line for each mail that it took. Reads rules as JSON lines; the answer to each is {"ok"}.
A rule: {"at": "connect" | "mail" | "rcpt" | "data" | "content", "to": part of the recipient, "times": how often (for
ever when missing), "delay": seconds, "reply": the words to say instead, "drop": whether to cut the line}.
At "data" a drop happens in the middle of the mail; at "content" after it was taken, before the answer.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(line):
    print(json.dumps(line), flush=True)


def describe(envelope, session, transport):
    """What arrived, as a parser that is not ours reads it."""
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    part = lambda kind: mail.get_body((kind,)).get_content()
    return {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "user": session.auth_data.login.decode() if session.auth_data else None,
        "headers": [[name, str(value)] for name, value in mail.items()],
        "encrypted": session.ssl is not None or transport.get_extra_info("ssl_object") is not None,
        "defects": [str(defect) for part in mail.walk() for defect in part.defects],
        "text": part("plain"),
        "html": part("html"),
        "ascii": envelope.content.isascii(),
        "longest_line": max(len(line) for line in envelope.content.split(b"\r\n")),
    }


class Rules:
    def __init__(self):
        self.rules = []

    def take(self, at, recipient=""):
        for rule in self.rules:
            if rule["at"] == at and rule.get("to", "") in recipient and rule.get("times", 1) > 0:
                if "times" in rule:
                    rule["times"] -= 1
                return rule
        return {}


class Handler:
    def __init__(self, rules):
        self.rules = rules

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = await server.obey(self.rules.take("mail"))
        envelope.mail_from = address
        return reply or "250 2.1.0 sender ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = await server.obey(self.rules.take("rcpt", address))
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        rule = self.rules.take("content", envelope.rcpt_tos[0])
        if not rule.get("reply", "2").startswith(("4", "5")):
            say(describe(envelope, session, server.transport))
        return await server.obey(rule) or "250 2.0.0 queued as 4711"


class Server(SMTP):
    rules = None

    async def _handle_client(self):
        rule = self.rules.take("connect")
        reply = await self.obey(rule)
        if reply:
            await self.push(reply)
            self.transport.close()
        elif not rule.get("drop"):
            await super()._handle_client()

    async def smtp_DATA(self, arg):
        rule = self.rules.take("data", (self.envelope.rcpt_tos or [""])[0])
        if rule.get("drop"):
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
            return
        reply = await self.obey(rule)
        if reply:
            await self.push(reply)
        else:
            await super().smtp_DATA(arg)

    async def obey(self, rule):
        if rule.get("delay"):
            await asyncio.sleep(rule["delay"])
        if rule.get("drop"):
            self.transport.abort()
        return rule.get("reply")


def authenticator(login, password):
    def check(server, session, envelope, mechanism, data):
        right = LoginPassword(login.encode(), password.encode())
        return AuthResult(success=data == right, auth_data=data, handled=False)

    return check


async def main(settings):
    rules = Rules()
    options = {}
    if "user" in settings:
        options |= {
            "auth_required": True,
            "auth_require_tls": False,
            "authenticator": authenticator(*settings["user"]),
        }
    tls = None
    if "certificate" in settings:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(settings["certificate"])
    if not settings.get("tls_from_the_start"):
        options |= {"tls_context": tls, "require_starttls": tls is not None}
        tls = None

    def connection():
        server = Server(Handler(rules), enable_SMTPUTF8=False, hostname="relay.test", **options)
        server.rules = rules
        return server

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(connection, "0.0.0.0", 0, ssl=tls)
    say({"port": listener.sockets[0].getsockname()[1]})
    # The end of the input is the end of the test that started this server.
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        rules.rules = json.loads(line)
        say({"ok": True})


# What the server thinks of its orders is no part of the test's report.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
asyncio.run(main(json.loads(sys.argv[1])))
