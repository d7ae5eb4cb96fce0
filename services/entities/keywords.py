"""Words that say what a number is: "commande", "carte", "code postal"."""

from services.entities.tokens import words

KEYWORDS: dict[str, str] = {
    word: kind
    for kind, words in {
        "phone": "telephone tel portable mobile fixe joindre joignable rappeler rappelez rappeliez "
        "rappelle appeler appelez phone cell cellphone landline reach telephoner",
        "iban": "iban rib",
        "bank_account": "compte bancaire account sort banque bank guichet",
        "card": "carte card visa mastercard cb amex bleue",
        "card_code": "cvv cvc cryptogramme cvv2 dos chiffres digits",
        "card_expiry": "expire expirant expiration expiry expires valable validite valid",
        "social_security": "secu securite sociale nir vitale ssn social insurance nino",
        "siret": "siret",
        "siren": "siren",
        "passport": "passeport passport",
        "identity_document": "identite cni permis licence license titre sejour",
        "licence_plate": "immatriculation plaque immatricule immatriculee plate registration",
        "postcode": "postal postcode zip postale",
        "order_number": "commande order purchase colis suivi tracking parcel",
        "customer_number": "client cliente customer abonne adherent fidelite membre member "
        "identifiant usager allocataire matricule fiscal loyalty user",
        "contract_number": "contrat contract police policy abonnement",
        "invoice_number": "facture invoice bill echeance",
        "case_number": "dossier case ticket reclamation sinistre claim incident intervention "
        "demande request reservation booking",
        "reference": "digicode interphone",
    }.items()
    for word in words.split()
}
GENERIC = frozenset({"numero", "numeros", "no", "number", "reference", "ref", "code", "n"})
ANNOUNCERS = GENERIC | {"references", "confirmation", "serie", "suivant", "numéro"}
LINKS = ANNOUNCERS | words(
    "c est ce sera serait etait le la les l de du d mon ma mes votre vos son sa je vous donne "
    "dis dicte alors euh heu donc voila au aux a un une : ' ’ ° . , # - ( et avec commence "
    "par porte bien bleue bancaire securite sociale nationale identite postal client en oui "
    "non ok is it s the my your of its so um uh er that would be starts with account has at "
    "on ; i ve got security social insurance credit debit national jusqu fin until to vous "
    "elle il you they livraison facturation"
)
ENDING_WITH = words(
    "finit finissez finissant termine terminez terminant derniers dernier ending ends last "
    "finishing"
)
ENDING_VERBS = words("finit finissez finissant termine terminez terminant ending ends finishing")
"""What announces a part of a number that is known otherwise: "vous finissez par"; no year."""
PUBLIC = words(
    "loi lois article articles decret ordonnance arrete page chapitre etape option touche bus "
    "cerfa formulaire formulaires declaration sortie norme iso law act section step exit "
    "version erreur error"
)
"""What has a number that says nothing of anybody."""
