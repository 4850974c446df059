"""A mail server on the loopback for tests: STARTTLS and a password are required. Prints its port, then each message."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = {
            "tls": session.ssl is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
        }
        print(json.dumps(message), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and data.password == b"hunter2"
    return AuthResult(success=right, auth_data=data, handled=False)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])

    def smtp():
        return SMTP(Handler(), tls_context=context, require_starttls=True, auth_required=True,
                    authenticator=authenticate, hostname="localhost")

    server = await asyncio.get_running_loop().create_server(smtp, host="127.0.0.1", port=0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # It ends with the test that started it.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
