/**
 * What people read of the runtime's commands before they use them, in the languages that Discord shows them in. English
 * is what everybody else reads, and `es-ES` what a client in Latin American Spanish falls back to.
 */

/** A text of at most 100 characters in each language, by Discord's locale. */
export interface Description {
  en: string;
  de: string;
  fr: string;
  "es-ES": string;
  ja: string;
  no: string;
}

/** By command, subcommand and option. */
export const DESCRIPTIONS = {
  ask: {
    en: "Ask something",
    de: "Etwas fragen",
    fr: "Poser une question",
    "es-ES": "Hacer una pregunta",
    ja: "質問する",
    no: "Spør om noe",
  },
  "ask prompt": {
    en: "What you want to know; leave it out to write in a form",
    de: "Was du wissen möchtest; ohne Angabe öffnet sich ein Formular",
    fr: "Ce que vous voulez savoir ; sans réponse, un formulaire s’ouvre",
    "es-ES": "Lo que quieres saber; si lo omites, se abre un formulario",
    ja: "質問の内容（省略すると入力フォームが開きます）",
    no: "Det du vil vite; uten dette åpnes et skjema",
  },
  "ask file": {
    en: "A file that belongs to the question",
    de: "Eine Datei, die zur Frage gehört",
    fr: "Un fichier qui accompagne la question",
    "es-ES": "Un archivo que acompaña a la pregunta",
    ja: "質問に添えるファイル",
    no: "En fil som hører til spørsmålet",
  },
  "ask private": {
    en: "Whether only you see the answer",
    de: "Ob nur du die Antwort siehst",
    fr: "Si vous seul voyez la réponse",
    "es-ES": "Si solo tú ves la respuesta",
    ja: "回答を自分だけに表示するかどうか",
    no: "Om bare du ser svaret",
  },
  status: {
    en: "How this agent is doing",
    de: "Wie es diesem Agenten geht",
    fr: "Comment va cet agent",
    "es-ES": "Cómo está este agente",
    ja: "このエージェントの状態を表示する",
    no: "Hvordan det går med denne agenten",
  },
  provider: {
    en: "Which model providers there are, and which one answers",
    de: "Welche Modellanbieter es gibt und welcher antwortet",
    fr: "Quels fournisseurs de modèles existent, et lequel répond",
    "es-ES": "Qué proveedores de modelos hay y cuál responde",
    ja: "利用できるモデルプロバイダーと使用中のものを表示する",
    no: "Hvilke modelleverandører som finnes, og hvem som svarer",
  },
  use: {
    en: "Switch to another model provider",
    de: "Zu einem anderen Modellanbieter wechseln",
    fr: "Passer à un autre fournisseur de modèles",
    "es-ES": "Cambiar a otro proveedor de modelos",
    ja: "モデルプロバイダーを切り替える",
    no: "Bytt til en annen modelleverandør",
  },
  "use provider": {
    en: "Name of the provider",
    de: "Name des Anbieters",
    fr: "Nom du fournisseur",
    "es-ES": "Nombre del proveedor",
    ja: "プロバイダー名",
    no: "Navnet på leverandøren",
  },
  model: {
    en: "Choose which model answers",
    de: "Auswählen, welches Modell antwortet",
    fr: "Choisir le modèle qui répond",
    "es-ES": "Elegir qué modelo responde",
    ja: "回答するモデルを選ぶ",
    no: "Velg hvilken modell som svarer",
  },
  cancel: {
    en: "Stop what is being answered here",
    de: "Abbrechen, was hier gerade beantwortet wird",
    fr: "Arrêter la réponse en cours ici",
    "es-ES": "Detener la respuesta en curso aquí",
    ja: "ここで進行中の回答を止める",
    no: "Stopp det som besvares her",
  },
  reset: {
    en: "Forget the conversation here",
    de: "Das Gespräch hier vergessen",
    fr: "Oublier la conversation ici",
    "es-ES": "Olvidar la conversación de aquí",
    ja: "ここでの会話を忘れさせる",
    no: "Glem samtalen her",
  },
  memory: {
    en: "What this agent remembers of you",
    de: "Was dieser Agent über dich weiß",
    fr: "Ce que cet agent retient de vous",
    "es-ES": "Lo que este agente recuerda de ti",
    ja: "このエージェントがあなたについて覚えていること",
    no: "Det denne agenten husker om deg",
  },
  "memory list": {
    en: "Show what this agent remembers of you",
    de: "Zeigen, was dieser Agent über dich weiß",
    fr: "Afficher ce que cet agent retient de vous",
    "es-ES": "Mostrar lo que este agente recuerda de ti",
    ja: "あなたについて覚えていることを表示する",
    no: "Vis det denne agenten husker om deg",
  },
  "memory forget": {
    en: "Have something about you forgotten",
    de: "Etwas über dich vergessen lassen",
    fr: "Faire oublier quelque chose à votre sujet",
    "es-ES": "Hacer que se olvide algo sobre ti",
    ja: "あなたについて覚えていることを忘れさせる",
    no: "Få noe om deg glemt",
  },
  "memory forget fact": {
    en: "What is to be forgotten",
    de: "Was vergessen werden soll",
    fr: "Ce qui doit être oublié",
    "es-ES": "Lo que se debe olvidar",
    ja: "忘れさせる内容",
    no: "Det som skal glemmes",
  },
  cost: {
    en: "What was spent today and this month, and the ceiling",
    de: "Was heute und diesen Monat ausgegeben wurde, und die Obergrenze",
    fr: "Les dépenses du jour et du mois, et le plafond",
    "es-ES": "Lo gastado hoy y este mes, y el límite",
    ja: "今日と今月の費用と上限を表示する",
    no: "Hva som er brukt i dag og denne måneden, og taket",
  },
  cron: {
    en: "Scheduled jobs",
    de: "Geplante Aufgaben",
    fr: "Tâches planifiées",
    "es-ES": "Tareas programadas",
    ja: "スケジュールされたジョブ",
    no: "Planlagte jobber",
  },
  "cron list": {
    en: "Show the scheduled jobs",
    de: "Die geplanten Aufgaben zeigen",
    fr: "Afficher les tâches planifiées",
    "es-ES": "Mostrar las tareas programadas",
    ja: "スケジュールされたジョブを表示する",
    no: "Vis de planlagte jobbene",
  },
  "cron run": {
    en: "Run a job now",
    de: "Eine Aufgabe jetzt ausführen",
    fr: "Exécuter une tâche maintenant",
    "es-ES": "Ejecutar una tarea ahora",
    ja: "ジョブを今すぐ実行する",
    no: "Kjør en jobb nå",
  },
  "cron run job": {
    en: "Name of the job",
    de: "Name der Aufgabe",
    fr: "Nom de la tâche",
    "es-ES": "Nombre de la tarea",
    ja: "ジョブ名",
    no: "Navnet på jobben",
  },
} as const satisfies Record<string, Description>;

/** The message command's name in other languages; slash commands keep theirs, which answers and documents name. */
export const ASK_MESSAGE_NAMES: Record<Exclude<keyof Description, "en">, (name: string) => string> = {
  de: (name) => `${name} fragen`,
  fr: (name) => `Demander à ${name}`,
  "es-ES": (name) => `Preguntar a ${name}`,
  ja: (name) => `${name}に聞く`,
  no: (name) => `Spør ${name}`,
};
