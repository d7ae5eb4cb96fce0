/** Every word of the interface, in French and in English. */

export type Lang = "fr" | "en";

// In French, a non-breaking space stands before « : ; ? ! » and inside « », and ’ is the apostrophe.
const fr = {
  productTagline: "Il souffle, vous jouez.",
  skipToSuggestions: "Aller aux suggestions",

  "channel.voice": "Appel",
  "channel.chat": "Tchat",
  "channel.email": "E‑mail",
  "channel.messaging": "Messagerie",
  "channel.chatbot": "Chatbot",
  "channel.self_service": "Libre-service",
  "channel.shop": "Boutique",
  "channel.letter": "Courrier",

  "role.customer": "Client",
  "role.adviser": "Vous",
  "role.bot": "Assistant automatique",
  "turn.speaking": "parle…",

  "link.connecting": "Connexion…",
  "link.live": "En direct",
  "link.reconnecting": "Reconnexion…",
  "link.signed_out": "Déconnecté",
  "link.forbidden": "Accès refusé",
  "link.unknown": "Introuvable",
  "link.superseded": "Ouvert ailleurs",
  "link.stopped": "À l’arrêt",
  "link.ended": "Terminée",
  "link.ready": "Connecté",

  "state.connectingTitle": "Connexion en cours",
  "state.connectingBody": "Le panneau rejoint le service.",
  "state.waitingTitle": "Aucune conversation en cours",
  "state.waitingBody": "La prochaine s’affichera ici d’elle-même.",
  "state.joiningTitle": "Ouverture de la conversation",
  "state.joiningBody": "Un instant, l’écran arrive.",
  "state.reconnecting":
    "Connexion perdue : voici le dernier écran connu. Il se mettra à jour dès le retour de la connexion.",
  "state.ended": "Cette conversation est terminée.",
  "state.next": "Une autre conversation est en cours.",
  "state.follow": "L’afficher",
  "state.forbiddenTitle": "Vous n’avez pas accès à cette conversation",
  "state.forbiddenBody": "Demandez ce droit à la personne qui gère Souffleur chez vous.",
  "state.unknownTitle": "Conversation introuvable",
  "state.unknownBody":
    "Elle n’a pas commencé, ou elle est effacée. Le panneau l’ouvrira dès qu’elle existera.",
  "state.supersededTitle": "Le panneau est ouvert dans une autre fenêtre",
  "state.supersededBody": "Il ne s’actualise que dans une fenêtre à la fois.",
  "state.resumeHere": "Reprendre ici",
  "state.retry": "Réessayer",

  "degraded.transcribe":
    "La transcription est interrompue. Les suggestions reprendront avec elle ; le reste fonctionne.",
  "degraded.assist":
    "L’analyse est interrompue : ni intention ni suggestion pour le moment. La conversation continue de s’afficher.",
  "degraded.journal":
    "L’enregistrement des échanges est interrompu. L’écran peut avoir un peu de retard.",
  "degraded.other": "Une partie du service est interrompue. Le reste fonctionne.",

  "signin.title": "Ouvrir le panneau",
  "signin.body": "Collez votre jeton d’accès. Il n’est gardé que dans cet onglet.",
  "signin.expired": "Votre jeton n’est plus valable. Collez-en un nouveau.",
  "signin.label": "Jeton d’accès",
  "signin.submit": "Continuer",
  "signin.signOut": "Se déconnecter",

  "header.quiet": "Mode discret",
  "header.quietOn": "Mode discret activé : les suggestions attendent que vous les appeliez.",
  "header.quietOff": "Mode discret désactivé : les suggestions s’affichent.",
  "header.language": "Langue de l’interface",
  "header.help": "Aide et raccourcis",
  "header.conversations": "Conversations",
  "header.chooseConversation": "Choisir une conversation",
  "header.current": "affichée",

  "strip.intent": "Demande",
  "strip.noIntent": "Pas encore claire",
  "strip.mood": "Humeur du client",
  "strip.noMood": "Pas encore d’indice",

  "mood.negative": "plutôt tendue",
  "mood.neutral": "neutre",
  "mood.positive": "plutôt bonne",
  "mood.rising": "en amélioration",
  "mood.falling": "en baisse",
  "mood.steady": "stable",
  "mood.note": "D’après les mots du client seulement.",

  "confidence.high": "sûr",
  "confidence.medium": "probable",
  "confidence.low": "à vérifier",
  "confidence.prefix": "Confiance",

  "transcript.title": "Conversation",
  "transcript.empty": "Les échanges s’afficheront ici.",
  "transcript.newLines": "Nouveaux échanges",
  "transcript.quoted": "passage cité",

  "cards.title": "Suggestions",
  "cards.empty": "Rien à signaler. Vous avez la main.",
  "cards.quietEmpty": "Mode discret : rien ne s’affiche sans vous.",
  "cards.heldOne": "1 suggestion en attente",
  "cards.heldMany": "{count} suggestions en attente",
  "cards.pull": "Afficher",
  "cards.new": "Nouvelle suggestion : {title}",
  "cards.why": "Pourquoi ?",
  "cards.dismiss": "Écarter",
  "cards.doneTitle": "Retenu",
  "cards.sources": "Ce qui l’a déclenchée",
  "cards.goToTurn": "Voir dans la conversation",

  "kind.next_best_action": "Prochaine action",
  "kind.knowledge": "Base de connaissances",
  "kind.reply": "Réponse proposée",
  "kind.cue": "Signal",
  "kind.already_said": "Déjà dit",
  "kind.checklist": "Étapes",
  "kind.form": "Formulaire",

  "accept.next_best_action": "Je m’en occupe",
  "accept.knowledge": "Utile",
  "accept.reply": "Insérer",
  "accept.cue": "Bien noté",
  "accept.already_said": "Bien noté",
  "accept.checklist": "C’est fait",
  "accept.form": "Utiliser",

  "evidence.said": "Le client a dit",
  "evidence.youSaid": "Vous avez dit",
  "evidence.botSaid": "L’assistant a dit",
  "evidence.document": "Document {id}, version {version}",
  "evidence.from": "{origin}, {date}",

  "customer.title": "Client",
  "customer.unknown": "Client non identifié",
  "customer.none": "Aucune information reçue du CRM.",
  "customer.origins": "Origine des informations",
  "customer.history": "Contacts précédents",
  "customer.noHistory": "Aucun contact précédent.",
  "customer.openPromise": "Promesse en cours",
  "customer.due": "pour le {date}",
  "customer.overdue": "échue le {date}",
  "customer.more": "Afficher les contacts plus anciens ({count})",

  "outcome.solved": "Résolu",
  "outcome.unsolved": "Non résolu",
  "outcome.promised": "Promesse faite",
  "outcome.transferred": "Transféré",
  "outcome.abandoned": "Abandonné",

  "value.yes": "Oui",
  "value.no": "Non",

  "field.segment": "Segment",
  "field.customer_since": "Client depuis",
  "field.last_order": "Dernière commande",
  "field.order_id": "Commande",
  "field.order_status": "État de la commande",
  "field.order_total": "Montant de la commande",
  "field.order_date": "Date de commande",
  "field.parcel_status": "État du colis",
  "field.tracking_number": "Numéro de suivi",
  "field.delivery_date": "Date de livraison",
  "field.delivery_address": "Adresse de livraison",
  "field.carrier": "Transporteur",
  "field.contract": "Contrat",
  "field.plan": "Forfait",
  "field.email": "E‑mail",
  "field.phone": "Téléphone",
  "field.open_tickets": "Demandes en cours",
  "field.balance": "Solde",
  "history.contacts_30d": "Contacts des 30 derniers jours",
  "history.unsolved_contacts": "Contacts non résolus",
  "history.open_promise": "Promesse en cours",
  "history.failed_self_service": "Libre-service sans résultat",

  "reply.label": "Votre réponse",
  "reply.placeholder": "Écrivez votre réponse…",
  "reply.send": "Envoyer",
  "reply.hint": "Entrée pour envoyer, Maj + Entrée pour aller à la ligne",
  "reply.offline": "Pas de connexion : la réponse partira quand vous la renverrez.",

  "tabs.label": "Vue",
  "tabs.conversation": "Conversation",
  "tabs.customer": "Client",

  "help.title": "Aide et raccourcis",
  "help.intro":
    "Les raccourcis agissent sur la suggestion sélectionnée, sinon sur la première de la liste.",
  "help.accept": "Retenir la suggestion",
  "help.dismiss": "Écarter la suggestion",
  "help.why": "Voir pourquoi elle est proposée",
  "help.pull": "Afficher les suggestions en attente",
  "help.quiet": "Activer ou désactiver le mode discret",
  "help.cards": "Passer d’une suggestion à l’autre",
  "help.arrows": "Flèches haut et bas",
  "help.privacy":
    "Souffleur lit les mots du client pour vous aider. Il ne mesure ni ne note jamais votre travail.",
  "help.close": "Fermer",

  "notice.unsent": "Pas de connexion : votre choix n’est pas parti. Réessayez dans un instant.",
  "notice.error": "Le service n’a pas pu prendre ce message : {detail}",
  "notice.close": "Fermer ce message",
};

export type StringKey = keyof typeof fr;

const en: Record<StringKey, string> = {
  productTagline: "It prompts, you act.",
  skipToSuggestions: "Skip to suggestions",

  "channel.voice": "Call",
  "channel.chat": "Chat",
  "channel.email": "Email",
  "channel.messaging": "Messaging",
  "channel.chatbot": "Chatbot",
  "channel.self_service": "Self-service",
  "channel.shop": "Shop",
  "channel.letter": "Letter",

  "role.customer": "Customer",
  "role.adviser": "You",
  "role.bot": "Automated assistant",
  "turn.speaking": "speaking…",

  "link.connecting": "Connecting…",
  "link.live": "Live",
  "link.reconnecting": "Reconnecting…",
  "link.signed_out": "Signed out",
  "link.forbidden": "Access denied",
  "link.unknown": "Not found",
  "link.superseded": "Open elsewhere",
  "link.stopped": "Stopped",
  "link.ended": "Ended",
  "link.ready": "Connected",

  "state.connectingTitle": "Connecting",
  "state.connectingBody": "The panel is reaching the service.",
  "state.waitingTitle": "No conversation right now",
  "state.waitingBody": "The next one will open here by itself.",
  "state.joiningTitle": "Opening the conversation",
  "state.joiningBody": "One moment, the screen is on its way.",
  "state.reconnecting":
    "Connection lost: this is the last known screen. It will catch up as soon as the connection is back.",
  "state.ended": "This conversation has ended.",
  "state.next": "Another conversation is live.",
  "state.follow": "Show it",
  "state.forbiddenTitle": "You do not have access to this conversation",
  "state.forbiddenBody": "Ask the person who runs Souffleur in your company for it.",
  "state.unknownTitle": "Conversation not found",
  "state.unknownBody":
    "It has not begun, or it has been erased. The panel will open it as soon as it exists.",
  "state.supersededTitle": "The panel is open in another window",
  "state.supersededBody": "It updates in one window at a time.",
  "state.resumeHere": "Resume here",
  "state.retry": "Try again",

  "degraded.transcribe":
    "Transcription is interrupted. Suggestions will come back with it; everything else works.",
  "degraded.assist":
    "Analysis is interrupted: no intent and no suggestions for now. The conversation still shows.",
  "degraded.journal": "Recording of the conversation is interrupted. The screen may lag a little.",
  "degraded.other": "Part of the service is interrupted. Everything else works.",

  "signin.title": "Open the panel",
  "signin.body": "Paste your access token. It is kept in this tab only.",
  "signin.expired": "Your token is no longer valid. Paste a new one.",
  "signin.label": "Access token",
  "signin.submit": "Continue",
  "signin.signOut": "Sign out",

  "header.quiet": "Quiet mode",
  "header.quietOn": "Quiet mode is on: suggestions wait until you call for them.",
  "header.quietOff": "Quiet mode is off: suggestions show up.",
  "header.language": "Interface language",
  "header.help": "Help and shortcuts",
  "header.conversations": "Conversations",
  "header.chooseConversation": "Choose a conversation",
  "header.current": "on screen",

  "strip.intent": "Request",
  "strip.noIntent": "Not clear yet",
  "strip.mood": "Customer’s mood",
  "strip.noMood": "No sign yet",

  "mood.negative": "rather tense",
  "mood.neutral": "neutral",
  "mood.positive": "rather good",
  "mood.rising": "improving",
  "mood.falling": "slipping",
  "mood.steady": "steady",
  "mood.note": "From the customer’s words only.",

  "confidence.high": "sure",
  "confidence.medium": "likely",
  "confidence.low": "to check",
  "confidence.prefix": "Confidence",

  "transcript.title": "Conversation",
  "transcript.empty": "What is said will show here.",
  "transcript.newLines": "New lines",
  "transcript.quoted": "quoted passage",

  "cards.title": "Suggestions",
  "cards.empty": "Nothing to flag. The floor is yours.",
  "cards.quietEmpty": "Quiet mode: nothing shows unless you ask.",
  "cards.heldOne": "1 suggestion waiting",
  "cards.heldMany": "{count} suggestions waiting",
  "cards.pull": "Show",
  "cards.new": "New suggestion: {title}",
  "cards.why": "Why?",
  "cards.dismiss": "Dismiss",
  "cards.doneTitle": "Taken up",
  "cards.sources": "What triggered it",
  "cards.goToTurn": "See in the conversation",

  "kind.next_best_action": "Next best action",
  "kind.knowledge": "Knowledge base",
  "kind.reply": "Suggested reply",
  "kind.cue": "Cue",
  "kind.already_said": "Already said",
  "kind.checklist": "Steps",
  "kind.form": "Form",

  "accept.next_best_action": "I’m on it",
  "accept.knowledge": "Useful",
  "accept.reply": "Insert",
  "accept.cue": "Noted",
  "accept.already_said": "Noted",
  "accept.checklist": "Done",
  "accept.form": "Use",

  "evidence.said": "The customer said",
  "evidence.youSaid": "You said",
  "evidence.botSaid": "The assistant said",
  "evidence.document": "Document {id}, version {version}",
  "evidence.from": "{origin}, {date}",

  "customer.title": "Customer",
  "customer.unknown": "Customer not identified",
  "customer.none": "Nothing received from the CRM.",
  "customer.origins": "Where this comes from",
  "customer.history": "Earlier contacts",
  "customer.noHistory": "No earlier contact.",
  "customer.openPromise": "Open promise",
  "customer.due": "due {date}",
  "customer.overdue": "was due {date}",
  "customer.more": "Show older contacts ({count})",

  "outcome.solved": "Solved",
  "outcome.unsolved": "Not solved",
  "outcome.promised": "Promise made",
  "outcome.transferred": "Transferred",
  "outcome.abandoned": "Abandoned",

  "value.yes": "Yes",
  "value.no": "No",

  "field.segment": "Segment",
  "field.customer_since": "Customer since",
  "field.last_order": "Last order",
  "field.order_id": "Order",
  "field.order_status": "Order status",
  "field.order_total": "Order total",
  "field.order_date": "Order date",
  "field.parcel_status": "Parcel status",
  "field.tracking_number": "Tracking number",
  "field.delivery_date": "Delivery date",
  "field.delivery_address": "Delivery address",
  "field.carrier": "Carrier",
  "field.contract": "Contract",
  "field.plan": "Plan",
  "field.email": "Email",
  "field.phone": "Phone",
  "field.open_tickets": "Open requests",
  "field.balance": "Balance",
  "history.contacts_30d": "Contacts in the last 30 days",
  "history.unsolved_contacts": "Unsolved contacts",
  "history.open_promise": "Open promise",
  "history.failed_self_service": "Failed self-service",

  "reply.label": "Your reply",
  "reply.placeholder": "Write your reply…",
  "reply.send": "Send",
  "reply.hint": "Enter to send, Shift + Enter for a new line",
  "reply.offline": "No connection: the reply will go when you send it again.",

  "tabs.label": "View",
  "tabs.conversation": "Conversation",
  "tabs.customer": "Customer",

  "help.title": "Help and shortcuts",
  "help.intro": "Shortcuts act on the selected suggestion, or else on the first one.",
  "help.accept": "Take up the suggestion",
  "help.dismiss": "Dismiss the suggestion",
  "help.why": "See why it is proposed",
  "help.pull": "Show the suggestions that wait",
  "help.quiet": "Turn quiet mode on or off",
  "help.cards": "Move between suggestions",
  "help.arrows": "Up and down arrows",
  "help.privacy":
    "Souffleur reads the customer’s words to help you. It never measures or scores your work.",
  "help.close": "Close",

  "notice.unsent": "No connection: your choice was not sent. Try again in a moment.",
  "notice.error": "The service could not take this message: {detail}",
  "notice.close": "Close this message",
};

export const STRINGS: Record<Lang, Record<StringKey, string>> = { fr, en };

export type Translate = (key: StringKey, values?: Record<string, string | number>) => string;

/** The translator of one language; `{name}` in a string is replaced from `values`. */
export function translator(lang: Lang): Translate {
  const strings = STRINGS[lang];
  return (key, values = {}) =>
    strings[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Whether `key` is one of ours: for keys that are made from data. */
export function isStringKey(key: string): key is StringKey {
  return Object.hasOwn(fr, key);
}
