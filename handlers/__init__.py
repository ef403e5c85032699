"""What Slack may ask of the app: one file for each conversation, one table of all routes."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.url_verification.async_url_verification import AsyncUrlVerification

from bot.messages.ids import Action, Callback, Field
from bot.services import Services
from handlers.answers import Answers
from handlers.approvals import Approvers
from handlers.arrivals import Arrivals
from handlers.cards import Cards
from handlers.commands import Commands
from handlers.consents import ConsentForms
from handlers.direct_messages import DirectMessages
from handlers.figures import Figures
from handlers.form_options import FormOptions
from handlers.forms import Forms
from handlers.hearing import Hearing
from handlers.home import Home
from handlers.installs import Installs
from handlers.ledger import Ledger
from handlers.mentions import Mentions
from handlers.objections import Objectors
from handlers.own_videos import OwnVideos
from handlers.redraws import Redraws
from handlers.routing import Acknowledge, Route, Router, Routes
from handlers.settings import TeamSettings
from handlers.shortcuts import Shortcuts


def routes(services: Services) -> Routes:
    """The whole route table."""
    redraws = Redraws()
    consents = ConsentForms(services, redraws)
    forms = Forms(services, consents, redraws)
    figures, answers = Figures(services), Answers(services)
    own, options = OwnVideos(services, figures), FormOptions(services, forms, redraws)
    commands, shortcuts = Commands(services, forms, own), Shortcuts(services, forms)
    cards, installs, hearing = Cards(services, forms, consents), Installs(services), Hearing(services, own)
    approvers, ledger = Approvers(services), Ledger(services, redraws)
    home, settings = Home(services, forms), TeamSettings(services, redraws)
    arrivals = Arrivals(services, answers)
    direct, mentions = DirectMessages(services, hearing, answers), Mentions(services, hearing, answers)
    return Routes(
        commands={"/lipsync": commands.lipsync},
        shortcuts={
            Callback.MESSAGE_SHORTCUT: shortcuts.on_message,
            Callback.GLOBAL_SHORTCUT: shortcuts.anywhere,
        },
        actions=_actions(cards, forms, own, home)
        | _settings(settings, ledger)
        | _approvals(cards, approvers)
        | _consents(cards, consents, Objectors(services))
        | _figures(figures)
        | {Action.FORM_MORE: options.open},
        submissions={
            callback: redraws.answered(sent)
            for callback, sent in _submissions(forms, options, settings, consents, approvers, ledger).items()
        },
        closings={Callback.FORM: forms.closed},
        events={
            "message": direct.message,
            "app_home_opened": home.opened,
            "app_mention": mentions.mention,
            "member_joined_channel": arrivals.joined,
            **installs.events(),
        },
    )


def _submissions(
    forms: Forms,
    options: FormOptions,
    settings: TeamSettings,
    consents: ConsentForms,
    approvers: Approvers,
    ledger: Ledger,
) -> dict[str, Route]:
    """The forms that can be sent."""
    return {
        Callback.FORM: forms.submitted,
        Callback.FORM_OPTIONS: options.saved,
        Callback.SETTINGS_PAGE: settings.saved,
        Callback.DECLINE: approvers.declined,
        Callback.CONSENT: consents.saved,
        Callback.CLOSE_DIFFERENCE: ledger.closed,
    }


def _actions(cards: Cards, forms: Forms, own: OwnVideos, home: Home) -> dict[str, Route]:
    """What can be pressed or chosen."""
    return {
        Action.GENERATE: cards.generate,
        Action.CHANGE: cards.change,
        Action.CHOOSE_SPEECH: cards.change,
        Action.PICK: cards.pick,
        Action.CANCEL: cards.cancel,
        Action.RERUN: cards.rerun,
        Action.ANOTHER: cards.another,
        Action.DOWNLOAD: cards.download,
        Action.CHECK: cards.check,
        Action.GIVE_UP: cards.give_up,
        Action.DELETE: home.delete,
        Action.PART: cards.part,
        Action.LIST_OLDER: own.older,
        Action.FORGET_ME: own.forget,
        Action.FORGET_PERSON: own.forget_person,
        Action.HOME_START: home.start,
        Action.HOME_HELP: home.help,
        Action.HOME_NEWEST: home.newest,
        Action.HOME_OLDER: home.older,
        Action.HOME_USAGE: home.usage,
        Action.HOME_AUDIT: home.audit,
        Action.HOME_AS_MEMBER: home.as_member,
        Action.HOME_AS_ADMIN: home.as_admin,
        Action.HOME_ALLOWED: home.allowed,
        Action.HOME_CONNECT: home.connect,
        Action.PAUSE: home.pause,
        Action.RESUME: home.resume,
        Field.VIDEO: forms.changed,
        Field.SPEECH: forms.changed,
        Action.FORM_TRY_AGAIN: forms.changed,
    }


def _settings(settings: TeamSettings, ledger: Ledger) -> dict[str, Route]:
    """What admins press to see and change what holds for all."""
    return {
        Action.SETTINGS: settings.open,
        Action.SETTINGS_PAGE: settings.page,
        Action.LEDGER: ledger.open,
        Action.CLOSE_DIFFERENCE: ledger.close,
    }


def _approvals(cards: Cards, approvers: Approvers) -> dict[str, Route]:
    """What is pressed where one yes is not enough."""
    return {
        Action.ASK_FOR_MORE: cards.ask_for_more,
        Action.APPROVE: approvers.approve,
        Action.DECLINE: approvers.decline,
        Action.ALLOW: approvers.allow,
        Action.TAKE_BACK: approvers.take_back,
    }


def _consents(cards: Cards, consents: ConsentForms, objectors: Objectors) -> dict[str, Route]:
    """What is pressed and chosen to say who is shown, and by whom that names."""
    return {
        Action.CONSENT: cards.say_who_is_shown,
        Action.CONSENT_GROUND: consents.changed,
        Action.CONSENT_MORE: consents.changed,
        Action.CONSENT_FEWER: consents.changed,
        Action.OBJECT: objectors.object,
        Action.WITHDRAW_OBJECTION: objectors.withdraw,
    }


def _figures(figures: Figures) -> dict[str, Route]:
    """What people press to see what was spent."""
    return {Action.USAGE_CSV: figures.csv}


def register(app: AsyncApp, services: Services) -> None:
    """Bind the route table to a Bolt app."""
    app.use(Router(routes(services)))
    # Behind the router: one request in an app's life asks for it.
    app.use(AsyncUrlVerification())
    app.use(Acknowledge())
