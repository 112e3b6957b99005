//! The word lists. `stem*` stands for all words that begin with these five letters, of any case.

use super::class::WordClass;

/// The words of each class, separated by white space.
pub(super) const LISTS: &[(WordClass, &str)] = &[
    (
        WordClass::Vulgar,
        "fuck fucked fucker fucking fuckin fuk shit shitty bullshit crap ass asses asshole arse \
         bitch bitches cunt dick dicks dickhead cock cocks penis vagina pussy boobs boob tits tit \
         sex sexy sexx porn anal anus butt butthole poop poo pee piss fart turd nigger niggers \
         nigga niggas faggot faggots fag fags gay gays homo dyke lesbian whore slut hoe wank \
         wanker twat bollocks retard retarded idiot idiots stupid dumb moron loser losers suck \
         sucks sucked sucking balls nuts cum jizz semen dildo masturbate rape nazi hitler damn \
         hell bastard pedo \
         merde putain con connard salope bite couille nique pute encule pd \
         scheiße scheisse arsch arschloch fick ficken ficker hure hurensohn fotze wichser schwanz \
         schwul schwuchtel spast \
         puta puto mierda pendejo cabron cabrón culo polla pene coño verga joder maricon gilipollas \
         cazzo merda stronzo vaffanculo puttana figa coglione troia minchia \
         caralho porra buceta bosta viado foda \
         хуй хуя хуйня пизда пиздец блять бля блядь сука ебать пидор пидорас говно жопа член дерьмо \
         лох дебил kurwa chuj dupa jebać pierdol pizda cipa kutas lul kut hoer klootzak neuken \
         amk siktir orospu piç göt yarak kontol memek anjing bangsat perkele vittu paska huora \
         kuk fitta hora faszom kurva picsa geci buzi \
         كس زب شرموطة كلب خرا حمار כוס זונה שרמוטה זין 傻逼 操你 他妈 妈的 你妈 垃圾 死ね うん んこ ちん \
         씨발 시발 병신 새끼 좆",
    ),
    (
        WordClass::Chat,
        "lol lmao rofl haha hahaha hahahaha hehe hi hey hello yo sup bye wow omg wtf lolz cool \
         awesome hot cute love loves loved hate hates hated best worst rocks rock rules rulez kool \
         funny boring bored friend friends school homework teacher mom dad mum me my i im u ur ya \
         yeah yes yea nah dude bro guys thanks thx please plz pls because cuz epic pwned pwn noob \
         liar lies lie lied joke jokes kidding test testing tests testedit asdf asdfgh blah \
         jaja jajaja hola hallo salut ciao oi kkkk kkk mdr ptdr ahah test1 prova prueba teste \
         привет тест ахах лол ааа",
    ),
    (
        WordClass::Typo,
        "typo typos sp spelling spell spelled misspelling grammar gram gr punctuation punct ce \
         copyedit copyediting copy caps capitalization capitalisation wording reword rewording \
         reworded phrasing rephrase tense clarify clarified clarity clarification fix fixed fixes \
         fixing tweak tweaks tweaked correct corrected correcting correction corrections minor \
         spacing space hyphen comma apostrophe diacritics prose readability mos \
         ortho orthographe typographie coquille coquilles faute fautes corre* corri* corre* \
         ortog* gramm* recht* tippf* schre* kommafehler korr korrektur sprachlich ausdruck stil \
         ошибка опечатка опечатки орфог* пункт* испра* уточн* стиле* стил викиф* \
         литер* spelf* typfout tikfout stavf* korek* popra* literówka yazım düzel* ejaan perba* \
         kirjo* helye* javít* překl* oprava 修正 错别 錯字 誤字 脱字 오타 تصحيح إملائي خطأ כתיב תיקון \
         dọn chính",
    ),
    (
        WordClass::Source,
        "ref refs reference references referenced cite cites cited citing citation citations \
         source sources sourced sourcing footnote footnotes isbn doi cn fact verify verified \
         unsourced uncited unreferenced per according archive archived archiveurl deadlink \
         quelle quellen beleg belege nachweis einze* fuente fuentes fonte fonti fontes sourc* \
         réf réfs référ* refer* источ* сноск* ссылк* bron bronnen źródł* przypis przypisy kaynak \
         källa källor lähde lähteet forrás zdroj zdroje viite 来源 來源 出典 출처 مصدر مراجع מקור",
    ),
    (
        WordClass::Format,
        "wikilink wikilinks wikify wikified wikification wl link links linked linking delink \
         unlink dab disambiguate disambiguation disambig disambiguated redirect redirects \
         cat cats category categories categ recat recategorize defaultsort sort interwiki iw \
         template templates infobox infoboxes box tag tags tagged tagging stub stubs unstub \
         format formatting formatted reformat layout style cleanup clean cleaned tidy table \
         image images img pic picture photo file caption map coord coordinates coords headers \
         header heading headings section sections lead intro paragraph move moved merge merged \
         split see also hatnote navbox succession persondata dash dashes bold italics italic \
         lien liens catég* modèle mise forme kategorie kat vorlage verlinkt linkfix bkl \
         enlace enlaces categoría plantilla wikificación formato collegamento categoria wikilinks \
         катег* шабло* оформ* ссылка викификация карто* cat kateg* sjabloon szablon infoboks \
         linki kategori luokka sablon šablona 分类 分類 模板 格式 カテゴリ テンプ リンク 분류 틀 تصنيف \
         قالب ويكي קטגוריה תבנית",
    ),
    (
        WordClass::Revert,
        "rv rvv rvt undo undid undone undoing revert reverted reverting reverts rever* vandal \
         vandalism vandals vandalize vandalized rollback rollbacked rolled restore restored \
         restoring last version unexplained unconstructive test bvandal \
         annul* révoc* révoq* défait zurückgesetzt rückg* revid* desfe* desha* deshi* ripri* \
         отмен* откат* откат* вандал возвр* відки* скасо* terug* ongedaan wycof* anulo* przyw* \
         geri alındı geral* batal* memba* palau* kumot* gjeno* tilba* åters* återställde vissz* \
         vrátil vráceny vráceno anula* revenit 回退 撤销 撤銷 还原 還原 差し 取り消 戻し 되돌 استرج* رجوع \
         שחזור שוחזר ביטול واگرد* خنثی lùi",
    ),
    (
        WordClass::Remove,
        "remove removed removes removing removal rm rmv rem del delete deleted deleting deletion \
         cut trim trimmed trimming drop dropped nonsense unnecessary irrelevant redundant \
         duplicate dupe spam advert advertising promotional copyvio trivia fancruft linkspam \
         unneeded inappropriate pov supprimé retiré suppr* entfernt gelöscht entfe* elimi* quito \
         quitado borrado rimos* elimina удале* удалил убрал убрано verwijderd usunięto usuni* \
         removido retirado silindi dihapus menghapus poistettu borttaget törölve 删除 刪除 移除 除去 \
         削除 삭제 حذف إزالة הסרה",
    ),
    (
        WordClass::Add,
        "add added adding adds addition additions new create created creating expand expanded \
         expanding expansion extend insert inserted info information details detail content more \
         include included including start started article section supplement ajout ajouté ajouts \
         ajoute création ergänzt ergänzung ergänzungen hinzu* neu añadi* agreg* añade nuevo \
         aggiunto aggiunta aggiu* adici* ajout* допол* добав* новая toegevoegd aanvulling dodano \
         dodanie eklen* ekleme menam* lisäys lisätty tillägg bővít* přidáno doplnění \
         增加 添加 新增 补充 補充 加筆 追加 新規 추가 إضافة أضفت הוספה הרחבה thêm",
    ),
    (
        WordClass::Update,
        "update updated updates updating upd current recent result results score scores stats \
         statistics standings today yesterday date dates latest aktualisiert akt aktua* màj maj \
         actua* aggio* atual* обнов* bijgewerkt aktua* günce* mempe* päivi* uppda* friss* \
         更新 업데이트 تحديث עדכון cập",
    ),
    (
        WordClass::Reason,
        "not was is are were it its the that this should since so if but no as be does there \
         incorrect wrong error errors actually according already still too only more than better \
         see talk discussion consensus page policy wp npov undue blp notable notability pas \
         nicht kein keine siehe falsch ist war no es por según non sono per non vedi не так это \
         нет по см niet is geen nie jest",
    ),
    (
        WordClass::Tool,
        "awb autowikibrowser twinkle tw huggle hg hotcat popups friendly wikicleaner reflinks \
         checklinks cluebot bot bots script scripted semi automated autoed dabsolver dablinks \
         quickstatements petscan openrefine wikimedia commonshelper catalot \
         visualfilechange rater prosesize citationbot wpcleaner stiki igloo ultraviolet redwarn \
         deadlinks iabot internetarchivebot wikidata editgroups mix botg jwb botpass articlefeedback \
         navigation delsort afch afc curation pagecuration wikilove cropbot flickr upload wizard \
         uploadwizard vicuna pattypan suggestbot newcomer suggested",
    ),
    (
        WordClass::Apparatus,
        "external links references see also notes footnotes bibliography sources further reading \
         citations literature weblinks einzelnachweise literatur quellen siehe externos enlaces \
         referencias véase bibliografía note bibliografia collegamenti voci externes liens notes \
         références voir bibli* ссылки примечания литература см bronnen noten przypisy kaynakça \
         dış referensi pranala lähteet källor források odkazy 参考 參考 外部 脚注 関連 각주 참고 外部 \
         مراجع מקורות",
    ),
    (
        WordClass::Life,
        "life early personal career childhood biography bio youth education death family birth \
         born marriage private legacy background later years adult leben werdegang biografie vida \
         biografía carrera vita biografia vie biogr* biogr* carri* жизнь биография биогр* карьера \
         leven życie życiorys hayatı yaşamı kehidupan elämä liv életrajza život 生平 经历 來歴 来歴 \
         人物 経歴 생애 경력 حياته سيرة حياה חייו",
    ),
    (
        WordClass::Past,
        "history origin origins etymology overview introduction geography climate demographics \
         economy politics government culture religion geschichte geografie historia historia \
         histoire storia geografía géogr* история histó* gesch* histo* tarih tarihçe sejarah \
         historie törté* historik 历史 歷史 歴史 역사 تاريخ היסטוריה",
    ),
    (
        WordClass::Story,
        "plot synopsis summary characters character cast episodes episode story reception \
         production release soundtrack track listing tracks singles discography filmography \
         awards premise gameplay handlung besetzung argumento reparto trama synop* distr* personaggi \
         сюжет роли актёры verhaal obsada konu oyuncular sinopsis pemeran juoni 剧情 劇情 登場 ストー \
         등장 줄거리",
    ),
    (
        WordClass::Famous,
        "notable famous popular trivia culture media people residents alumni natives persons \
         fiction references celebrities well known faculty students persönlichkeiten söhne töchter \
         personajes ilustres persone célèb* perso* известные",
    ),
    (
        WordClass::School,
        "school schools college colleges university universities academy elementary primary \
         secondary high middle grammar institute campus education student students teacher \
         district preparatory schule gymnasium universität école lycée université escuela colegio \
         universidad instituto scuola liceo università школа гимназия университет universiteit \
         szkoła liceum okul lisesi üniversitesi sekolah universitas koulu skola 学校 學校 大学 大學 \
         学院 중학교 고등 초등 학교 대학 مدرسة جامعة",
    ),
    (
        WordClass::Screen,
        "film films movie movies series season episode episodes tv television show shows drama \
         comedy sitcom cartoon anime manga animated wrestling wwe tna idol simpsons spongebob \
         disney nickelodeon hannah twilight saga potter pokemon pokémon naruto bleach dragon \
         transformers batman superman spider characters actor actress staffel fernsehserie \
         película serie temporada stagione episodi saison фильм сериал сезон dizi filmi sezon \
         seizoen odcinki 电影 電影 電視 电视 アニメ 映画 番組 ドラマ 드라마 영화 فيلم مسلسل",
    ),
    (
        WordClass::Music,
        "album albums song songs single singer singers band bands music musical musician rapper \
         rap hip hop rock metal punk jazz discography ep tour concert orchestra guitar piano \
         drummer canción disco álbum banda canzone chanson lied альбом песня группа şarkı 专辑 專輯 \
         歌手 アルバ 노래 음반 ألبوم",
    ),
    (
        WordClass::Place,
        "city town village county state province district river lake mount mountain mountains \
         island islands bay park street road highway route bridge station airport railway building \
         church castle north south east west new york california texas florida ohio england london \
         united states kingdom america american canada australia india china france germany japan \
         africa europe iowa illinois michigan pennsylvania ontario township borough parish \
         stadt fluss bahnhof ville gare ciudad río comune provincia город река деревня район село \
         miasto wieś gemeente köyü ilçesi kota kabupaten 市 省 县 縣 駅 车站 車站 町 村 역 مدينة",
    ),
    (
        WordClass::Sport,
        "football soccer league cup season club fc afc team teams basketball baseball hockey \
         tennis cricket rugby olympics olympic championship championships championnat nba nfl nhl \
         mlb uefa fifa player players coach stadium racing grand prix ufc match tournament fußball \
         fútbol copa liga calcio campionato coupe equipe футбол чемпионат кубок puchar liiga \
         futbol takımı 足球 联赛 聯賽 サッカ 野球 축구 선수 كرة الدوري",
    ),
    (
        WordClass::Person,
        "jr sr iii ii iv john james william robert michael david george charles thomas mary \
         elizabeth henry joseph richard paul peter daniel king queen prince princess duke president \
         baron sir saint pope lord actor politician footballer musician author writer artist \
         juan josé maría jean pierre marie hans karl anna giovanni maria иван владимир александр \
         сергей николай muhammad محمد أحمد علي",
    ),
    (
        WordClass::War,
        "war wars battle revolution revolutionary civil empire treaty act amendment constitution \
         dynasty army navy military kingdom republic slavery holocaust nazi hitler rights movement \
         depression rebellion colony colonial ancient roman greek egypt egyptian rome greece aztec \
         maya medieval renaissance krieg guerra guerre война revol* wojna savaş perang 战争 戰爭 \
         戦争 전쟁 حرب",
    ),
    (
        WordClass::Game,
        "game games video nintendo playstation xbox sega pc mario zelda halo warcraft duty runescape \
         minecraft roblox fortnite sims gta console wii software computer internet google youtube \
         facebook myspace windows microsoft apple iphone ipod website web online spiel videojuego",
    ),
    (
        WordClass::Nature,
        "animal animals dog dogs cat cats bird birds fish shark whale bear lion tiger wolf snake \
         frog penguin elephant horse monkey insect spider plant plants tree flower fruit food cell \
         cells dna blood heart brain bone muscle disease cancer syndrome human body skin sexual \
         energy water oxygen carbon atom chemical element acid planet sun moon earth earthquake \
         volcano hurricane tornado weather rain light gravity force physics biology chemistry \
         dinosaur species tier pflanze animal planta animaux",
    ),
    (
        WordClass::List,
        "list lists timeline index outline glossary liste lista список lijst liste daftar luettelo \
         列表 一覧 목록 قائمة רשימת",
    ),
];
