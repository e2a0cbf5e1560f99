"""A made newsroom archive in Spanish, English and Portuguese, and what each of its queries should find: for bench/relevance.py.

Grades: 2 is what was meant, 1 is about it. What is not listed is 0. `noise` adds assets about nothing that is asked.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Made:
    """One asset of the collection; `said` are passages of five seconds."""

    language: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    category: str
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)


def assets() -> dict[str, Made]:
    def m(
        language: str, title: str, description: str = "", tags: str = "", people: str = "", said: str = ""
    ) -> Made:
        def parts(text: str) -> tuple[str, ...]:
            return tuple(part.strip() for part in text.split("|") if part.strip())

        return Made(language, title, description, parts(tags), parts(people), parts(said))

    return {
        "flood-es": m("es", "Inundaciones en la comarca tras tres días de temporal", "El río se desborda y anega las huertas; los bomberos rescatan a los vecinos con lanchas.", "Riada|Emergencias", "Julia Sanz", "el agua llegó hasta el primer piso|perdimos la cosecha entera de naranjas"),
        "flood-en": m("en", "Rescue boats reach villages cut off by the river", "Firefighters evacuate families after the embankment collapsed overnight.", "Floods", "", "we lost everything in one night|the bridge was gone by morning"),
        "flood-pt": m("pt", "Cheias obrigam a evacuar aldeias junto ao rio", "Bombeiros retiram moradores em barcos.", "Cheias", "", "a água subiu em poucas horas"),
        "drought": m("es", "Los embalses bajan al nivel más bajo en veinte años", "Restricciones de agua en once municipios por la sequía.", "Sequía|Agua", "", "llevamos meses sin ver llover"),
        "volcano": m("es", "La colada del volcán alcanza el mar", "Erupción en la isla; la lava sepulta cien viviendas y los vulcanólogos vigilan los gases.", "Volcán|La Palma", "Olga Méndez", "nunca habíamos visto una columna de ceniza tan alta"),
        "volcano-en": m("en", "Lava reaches the ocean as eruption enters third week", "Ash closes the airport of the island.", "Volcano", "", "the ground has not stopped shaking"),
        "election-es": m("es", "Jornada electoral: colegios abiertos hasta las ocho", "La participación sube cuatro puntos en las elecciones municipales.", "Elecciones", "Marta Iglesias", "invitamos a todos a ejercer su derecho al voto"),
        "election-count": m("es", "Noche de recuento en la sede del partido", "Los candidatos siguen el escrutinio con sus militantes.", "Elecciones", "Marta Iglesias|Rubén Casado", "hemos ganado la alcaldía"),
        "election-pt": m("pt", "Eleições autárquicas: urnas encerram com afluência recorde", "Os eleitores escolheram os novos presidentes de câmara.", "Eleições", "João Peixoto", "foi uma noite histórica para a freguesia"),
        "election-en": m("en", "Polls close in the mayoral race", "Turnout was the highest in a decade.", "Elections", "Sarah Whitcombe", "thank you to every volunteer who knocked on doors"),
        "budget": m("es", "El pleno municipal aprueba los presupuestos", "La oposición vota en contra de las cuentas del ayuntamiento.", "Ayuntamiento|Economía", "Rubén Casado", "estas cuentas suben el gasto social un doce por ciento|la oposición pide más transparencia"),
        "inflation": m("es", "La cesta de la compra se encarece otro mes", "El aceite de oliva dobla su precio y las familias cambian de hábitos.", "Economía|Consumo", "", "cada semana gasto más y traigo menos"),
        "inflation-en": m("en", "Grocery prices climb for a sixth month", "Households cut back as the cost of living rises.", "Economy", "Peter Doyle", "I used to fill this trolley for half the money"),
        "strike": m("es", "Huelga de trenes: servicios mínimos en hora punta", "Los maquinistas protestan contra los recortes de plantilla.", "Transporte|Huelga", "Andrés Lozano", "no nos queda más remedio que parar"),
        "strike-pt": m("pt", "Greve dos comboios deixa milhares nas estações", "Sindicatos e empresa voltam a negociar.", "Greve", "", "queremos ser ouvidos"),
        "metro": m("es", "Estrenan la nueva línea de metro al aeropuerto", "El trayecto dura catorce minutos desde el centro.", "Transporte", "", "es un paso enorme para la movilidad de la ciudad"),
        "football": m("es", "Remontada histórica en el último minuto", "El equipo local gana la final de copa con un gol de cabeza en el descuento.", "Fútbol|Deportes", "Iker Ugarte", "todavía no me lo creo, es el gol de mi vida"),
        "football-en": m("en", "Underdogs lift the cup after penalty shootout", "The goalkeeper saved three spot kicks.", "Football", "Danny Okafor", "we never stopped believing"),
        "football-pt": m("pt", "Guarda-redes decide a taça nos penáltis", "Adeptos festejam nas ruas até de madrugada.", "Futebol", "Rui Falcão", "os jogadores deram tudo"),
        "marathon": m("es", "Veinte mil corredores toman la capital", "La maratón popular bate el récord de inscritas.", "Atletismo|Deportes", "Lucía Barroso", "correr cuarenta y dos kilómetros te cambia"),
        "basket": m("es", "Derbi de baloncesto en el pabellón olímpico", "Los aficionados llenan las gradas.", "Baloncesto|Deportes", "", ""),
        "concert": m("es", "La cantautora presenta sus nuevas canciones", "Gira por teatros de todo el país; la canción del verano abre el concierto.", "Música", "Nuria Calvo", "escribí esta canción en un tren"),
        "concert-pt": m("pt", "Fado enche o coliseu", "Três gerações cantam a saudade e os corações do bairro.", "Música|Fado", "Amélia Torres", "o fado é a nossa respiração"),
        "film": m("en", "Director's first feature opens the festival", "A low-budget thriller shot in two weeks.", "Cinema", "Hannah Brooks", "we shot the whole thing in my grandmother's house"),
        "film-es": m("es", "Alfombra roja en el festival de cine", "Actrices y directores desfilan ante cientos de fotógrafos.", "Cine", "Nuria Calvo", "estoy muy nerviosa con este estreno"),
        "museum": m("es", "El museo restaura un lienzo de Zurbarán", "Las conservadoras retiran barnices del siglo XIX.", "Arte|Museos", "Pilar Etxeberria", "hemos encontrado una firma oculta bajo la pintura"),
        "hospital": m("es", "El nuevo hospital comarcal abre sus urgencias", "Cuarenta médicos y noventa enfermeras se incorporan a la plantilla.", "Sanidad", "Elena Prieto", "los pacientes ya no tendrán que viajar cien kilómetros"),
        "vaccine": m("en", "Trial of malaria vaccine cuts cases by half", "Scientists followed five thousand children for two years.", "Health|Science", "Grace Mbeki", "this could save hundreds of thousands of lives"),
        "flu-es": m("es", "Empieza la campaña de vacunación contra la gripe", "Mayores y sanitarios, los primeros en recibir la dosis.", "Sanidad", "", "es un pinchazo que evita muchos ingresos"),
        "heat": m("es", "Ola de calor: cuarenta y tres grados a la sombra", "Sanidad pide beber agua y no salir en las horas centrales.", "Tiempo", "", "esto parece un horno"),
        "snow": m("es", "La nieve corta seis puertos de montaña", "Las quitanieves trabajan toda la noche y los colegios suspenden clases.", "Tiempo", "", "hemos dormido en el coche"),
        "fire": m("es", "Incendio forestal obliga a desalojar tres urbanizaciones", "Hidroaviones y brigadas luchan contra las llamas avivadas por el viento.", "Incendios|Emergencias", "Julia Sanz", "el fuego saltó la carretera en segundos"),
        "fire-pt": m("pt", "Fogo na serra mobiliza quinhentos operacionais", "Aviões combatem as chamas.", "Incêndios", "", "as chamas chegaram às casas"),
        "wolf": m("es", "El lobo regresa a la sierra y divide a los ganaderos", "Biólogos instalan cámaras trampa para contar los ejemplares.", "Fauna|Medio ambiente", "Tomás Arce", "en un mes me mataron nueve ovejas"),
        "whale": m("en", "Stranded whale returned to sea by volunteers", "Marine biologists kept the animal wet for six hours.", "Wildlife", "", "when she swam away everybody cried"),
        "bees": m("pt", "Apicultores alertam para a morte das abelhas", "Pesticidas e vespa asiática ameaçam as colmeias.", "Ambiente", "", "perdi metade das colmeias este inverno"),
        "solar": m("es", "Placas solares en los tejados de los colegios", "El ahorro en la factura de la luz pagará la instalación en seis años.", "Energía", "", "el sol nos sale gratis"),
        "wind": m("en", "Offshore turbines power a million homes", "The largest wind farm in the sea starts up.", "Energy", "Peter Doyle", "every rotation powers a house for a day"),
        "court": m("es", "El juez deja en libertad al exconcejal", "La fiscalía recurrirá la decisión del tribunal por el caso de las contratas.", "Tribunales", "Rubén Casado", "confío plenamente en la justicia"),
        "theft": m("es", "Detenidos por el robo de obras de arte", "La policía recupera dos lienzos escondidos en un garaje.", "Sucesos|Arte", "", "los cuadros estaban envueltos en mantas"),
        "school": m("es", "Vuelta al cole con libros digitales", "Los maestros prueban tabletas en doce centros rurales.", "Educación", "", "los niños aprenden más deprisa que nosotros"),
        "teacher-en": m("en", "Teachers march for smaller classes", "Thousands of educators rally outside parliament.", "Education", "", "thirty five children in one room is not teaching"),
        "summit": m("es", "Cumbre sobre el clima en Estados Unidos", "Los países prometen reducir las emisiones a la mitad.", "Clima|Internacional", "", "no hay planeta b"),
        "border": m("en", "Talks between neighbours over border crossing", "Diplomats from the United States and Mexico meet again.", "International", "", "both sides left the table smiling"),
        "harvest": m("es", "Vendimia adelantada por el calor", "Las bodegas esperan vinos de más graduación.", "Campo|Vino", "Tomás Arce", "la uva ha madurado dos semanas antes"),
        "fishing": m("pt", "Pescadores regressam ao mar depois do temporal", "A lota volta a ter sardinha fresca.", "Pesca", "", "estivemos dez dias parados no cais"),
        "bakery": m("es", "El último panadero del pueblo se jubila", "Setenta años amasando pan en horno de leña.", "Sociedad", "Severino Gil", "me levanto a las tres desde los doce años"),
        "migrants": m("es", "Un barco de rescate atraca con doscientas personas", "Voluntarios reparten mantas y comida a los recién llegados.", "Migración", "", "estuvimos cuatro días a la deriva"),
        "housing": m("es", "Los alquileres suben un once por ciento", "Jóvenes que comparten piso a los cuarenta años.", "Vivienda|Economía", "", "la mitad del sueldo se me va en la casa"),
        "housing-en": m("en", "Tenants demand a cap on rents", "Campaigners camp outside city hall.", "Housing", "Sarah Whitcombe", "my landlord wants four hundred more every month"),
        "robot": m("en", "Surgeon operates from another continent", "A robotic arm removed the tumour over a fibre link.", "Health|Technology", "", "the delay was less than the blink of an eye"),
        "ai": m("es", "La inteligencia artificial entra en la redacción", "Periodistas usan programas que transcriben las entrevistas.", "Tecnología", "Lucía Barroso", "la máquina no sabe hacer la pregunta"),
        "chess": m("es", "Una niña de once años gana el torneo de ajedrez", "Derrotó a tres maestros internacionales.", "Ajedrez", "Carla Ibáñez", "pienso siempre cuatro jugadas por delante"),
        "carnival": m("pt", "Carnaval enche as ruas de cor e samba", "Escolas desfilam até ao amanhecer.", "Carnaval", "", "um ano inteiro a preparar esta fantasia"),
        "market": m("es", "El mercado de abastos cumple un siglo", "Puestos de pescado, fruta y flores con cuatro generaciones de vendedores.", "Comercio", "Severino Gil", "aquí se compra y se charla"),
    }  # fmt: skip


def queries() -> list[Judged]:
    def q(category: str, text: str, *best: str, near: str = "") -> Judged:
        return Judged(category, text, dict.fromkeys(near.split(), 1) | dict.fromkeys(best, 2))

    return [
        q("words", "inundaciones ", "flood-es"), q("words", "pleno municipal ", "budget"), q("words", "huelga trenes ", "strike"),
        q("words", "volcán isla ", "volcano"), q("words", "lava ", "volcano", "volcano-en"), q("words", "wind farm ", "wind"),
        q("words", "malaria vaccine ", "vaccine"), q("words", "fado ", "concert-pt"), q("words", "elecciones ", "election-es", "election-count"),
        q("words", "festival ", "film", "film-es"),
        q("inflected", "inundación ", "flood-es"), q("inflected", "canción nueva ", "concert"), q("inflected", "presupuesto ", "budget"),
        q("inflected", "bombero ", "flood-es", "flood-pt"), q("inflected", "maratones ", "marathon"),
        q("inflected", "coração ", "concert-pt"), q("inflected", "eleição ", "election-pt"), q("inflected", "turbine ", "wind"),
        q("inflected", "rescuing village ", "flood-en"), q("inflected", "teacher classes ", "teacher-en"), q("inflected", "lienzo ", "museum", "theft"),
        q("accents", "cancion ", "concert"), q("accents", "sequia ", "drought"), q("accents", "eleicoes ", "election-pt"),
        q("accents", "futbol ", "football"), q("accents", "ninos tabletas ", "school"), q("accents", "vacunacion ", "flu-es"),
        q("accents", "economia ", "budget", "inflation", "housing"), q("accents", "musica ", "concert", "concert-pt"), q("accents", "volcan ", "volcano"),
        q("typos", "inundacoines ", "flood-es"), q("typos", "presupuetso ", "budget"), q("typos", "ajedez ", "chess"),
        q("typos", "hospitla comarcal ", "hospital"), q("typos", "vacine malaria ", "vaccine"), q("typos", "carnavl ", "carnival"),
        q("typos", "baloncseto ", "basket"), q("typos", "pescadroes ", "fishing"), q("typos", "turbinse ", "wind"),
        q("names", "Marta Iglesias ", "election-es", "election-count"), q("names", "rubén casado ", "budget", "election-count", "court"),
        q("names", "person:Lozano ", "strike"), q("names", "nuria calvo festival ", "film-es"), q("names", "whitcombe ", "election-en", "housing-en"),
        q("names", "zurbaran ", "museum"), q("names", "Olga M", "volcano"), q("names", "joao peixoto ", "election-pt"), q("names", "Etxeberria ", "museum"),
        q("phrases", '"gol de cabeza"', "football"), q("phrases", '"ola de calor"', "heat"), q("phrases", '"border crossing"', "border"),
        q("phrases", '"obras de arte"', "theft"), q("phrases", '"cost of living"', "inflation-en"), q("phrases", '"servicios mínimos"', "strike"),
        q("said", "cosecha naranjas ", "flood-es"), q("said", 'said:"no hay planeta"', "summit"), q("said", "firma oculta ", "museum"),
        q("said", "said:ovejas ", "wolf"), q("said", "grandmother house ", "film"), q("said", "cuarenta jugadas delante OR jugadas ", "chess"),
        q("said", "colmeias inverno ", "bees"), q("said", "blink eye ", "robot"), q("said", "oposición transparencia ", "budget"),
        q("filters", "type:video tag:Arte ", "museum", "theft"), q("filters", "tag:economía compra ", "inflation"), q("filters", "tag:emergencias -incendio ", "flood-es"),
        q("filters", "language:pt rio ", "flood-pt"), q("filters", "volcán OR nieve ", "volcano", "snow"), q("filters", "person:\"Julia Sanz\" fuego ", "fire"),
        q("house", "EEUU ", "summit"), q("house", "tren paro ", "strike"), q("house", "IA redacción ", "ai"),
        q("prefix", "inund", "flood-es"), q("prefix", "elec", "election-es", "election-count", "election-en", near="election-pt"), q("prefix", "nueva línea de met", "metro"), q("prefix", "offsh", "wind"),
        q("meaning", "riadas que arrasan pueblos ", "flood-es", "flood-en", "flood-pt"), q("meaning", "river bursts its banks ", "flood-en", "flood-es", "flood-pt"),
        q("meaning", "el coste de la vida para los hogares ", "inflation", "inflation-en", near="housing housing-en"), q("meaning", "railway workers walk out ", "strike", "strike-pt"),
        q("meaning", "bosques ardiendo ", "fire", "fire-pt"), q("meaning", "beekeepers worry ", "bees"), q("meaning", "energía renovable ", "solar", "wind"),
        q("meaning", "precio del arrendamiento de pisos ", "housing", "housing-en"), q("meaning", "ballena varada en la playa ", "whale"),
        q("meaning", "victory in the final match ", "football", "football-en", "football-pt"), q("meaning", "professores em protesto ", "teacher-en"),
        q("meaning", "cirugía a distancia ", "robot"),
    ]  # fmt: skip


VOCABULARY: tuple[dict[str, Any], ...] = (
    {"term": "EEUU", "alternatives": ["Estados Unidos"], "two_way": True},
    {"term": "paro", "alternatives": ["huelga"], "two_way": True},
    {"term": "IA", "alternatives": ["inteligencia artificial"], "two_way": True},
)

_SUBJECTS = (
    "Entrevista",
    "Reportaje",
    "Debate",
    "Rueda de prensa",
    "Recurso",
    "Plano general",
    "Interview",
    "Report",
    "Conferência",
    "Visita",
)
_PLACES = (
    "Valdemoro",
    "Albacete",
    "Ourense",
    "Leeds",
    "Bristol",
    "Braga",
    "Évora",
    "Teruel",
    "Cádiz",
    "Dundee",
    "Lugo",
    "Porto Alegre",
)
_THINGS = (
    "la plaza",
    "the square",
    "o largo",
    "el archivo",
    "the archive",
    "a câmara",
    "la carretera",
    "the road",
    "el teatro",
    "el parque",
    "a ponte",
)


def noise(count: int, seed: int = 7) -> list[Made]:
    dice = random.Random(seed)
    return [
        Made(
            dice.choice(("es", "en", "pt")), f"{dice.choice(_SUBJECTS)} en {dice.choice(_PLACES)}",
            f"{dice.choice(_THINGS)} y {dice.choice(_THINGS)}, {dice.choice(_PLACES)}", ("Recurso",), (),
            (f"estamos en {dice.choice(_PLACES)} con {dice.choice(_THINGS)}",) if dice.random() < 0.5 else (),
        )
        for _ in range(count)
    ]  # fmt: skip
