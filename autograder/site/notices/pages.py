"""The pages of notices and announcements."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import AutograderError
from autograder.site.enrolment.acts import sections_in
from autograder.site.extensions import extensions
from autograder.site.notices.announcements import (
    Audience,
    announce,
    audience_of,
    sent_announcements,
    tell_recipients,
)
from autograder.site.notices.mail import mail_settings
from autograder.site.notices.notices import choices_of, mark_seen, notices_of, set_choices
from autograder.site.people import labels_in, names_in
from autograder.site.requests import (
    Form,
    PageRoute,
    field_of,
    form_of,
    reads,
    reads_much,
    session_for,
    session_of,
    site_of,
    status_of,
)
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access

__all__ = ["NOTICE_ROUTES"]

FIELDS = ("kind", "section", "label", "missing", "subject", "text")


@reads
def notices_page(request: Request) -> Response:
    """A person's notices, and where they want them."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        notices = notices_of(connection, site.course, session.person)
        choices = choices_of(connection, site.course, session.person)
    page = site.page(
        "notice_page.html",
        notices=notices,
        choices=choices,
        mail=_mail_is_on(request),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def see_notices(request: Request) -> Response:
    """Note that the notices were seen."""
    site, at, session = site_of(request), request.state.at, await session_for(request)
    await form_of(request, session)
    await site.written(lambda connection: mark_seen(connection, site.course, session.person, at=at))
    return RedirectResponse("/notices", 303)


async def choose(request: Request) -> Response:
    """Set where one wants which kinds of notices."""
    site, session = site_of(request), await session_for(request)
    form = await form_of(request, session)
    chosen = {"on_site": form.get("site", []), "by_mail": form.get("mail", [])}
    await site.written(lambda connection: set_choices(connection, site.course, session.person, **chosen))
    return RedirectResponse("/notices#choices", 303)


@reads_much
@requires(Permission.MANAGE)
def announcements_page(request: Request) -> Response:
    """What was announced, and the form of a new announcement."""
    session, _ = staff_access(request)
    return _page(request, session)


@requires(Permission.MANAGE)
async def preview_announcement(request: Request) -> Response:
    """To whom an announcement would go; nothing is sent yet."""
    site = site_of(request)
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)

    def shown() -> Response:
        try:
            with site.database.reading() as connection:
                audience = _audience(connection, site.course, form)
        except AutograderError as problem:
            return _page(request, session, form=form, problem=problem)
        return _page(request, session, form=form, audience=audience)

    return await site.in_thread(shown)


@requires(Permission.MANAGE)
async def send_announcement(request: Request) -> Response:
    """Send an announcement; the same form again sends nothing."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)
    once = field_of(form, "page", 64) or None

    def write(connection: Connection) -> int:
        audience = _audience(connection, site.course, form)
        subject, text = field_of(form, "subject"), field_of(form, "text", 5000)
        who = session.person
        return announce(connection, site.course, audience, subject, text, at=at, who=who, once=once)

    try:
        number = await site.written(write)
        # In steps: the saves of students go between them.
        while await site.written(lambda connection: tell_recipients(connection, site.course, number, at=at)):
            pass
    except AutograderError as problem:
        return await site.in_thread(partial(_page, request, session, form=form, problem=problem))
    return RedirectResponse("/announcements", 303)


NOTICE_ROUTES = (
    PageRoute("/notices", notices_page),
    PageRoute("/notices/seen", see_notices, methods=["POST"]),
    PageRoute("/notices/choices", choose, methods=["POST"]),
    PageRoute("/announcements", announcements_page),
    PageRoute("/announcements/preview", preview_announcement, methods=["POST"]),
    PageRoute("/announcements/send", send_announcement, methods=["POST"]),
)


def _audience(connection: Connection, course: str, form: Form) -> Audience:
    kind = field_of(form, "kind")
    return audience_of(connection, course, kind, field_of(form, kind) if kind in FIELDS else "")


def _mail_is_on(request: Request) -> bool:
    try:
        return mail_settings(site_of(request).folder) is not None
    except AutograderError:
        return False


def _page(
    request: Request,
    session: Session,
    *,
    form: Form | None = None,
    audience: Audience | None = None,
    problem: AutograderError | None = None,
) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        sent = sent_announcements(connection, site.course)
        works = [work for extension in extensions() for work in extension.works(connection, site.course)]
        labels, sections = labels_in(connection, site.course), sections_in(connection, site.course)
        names = names_in(connection, site.course)
    page = site.page(
        "announcements.html",
        sent=sent,
        works=works,
        labels=labels,
        sections=sections,
        names=names,
        fields=FIELDS,
        written={name: field_of(form, name, 5000) if form else "" for name in FIELDS},
        audience=audience,
        mail=_mail_is_on(request),
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status_of(problem))
