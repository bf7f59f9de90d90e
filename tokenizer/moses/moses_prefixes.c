#include "tokenizer/moses/moses_prefixes.h"

#include <string.h>

/* Abbreviations whose period does not end a sentence, and those of which that is true before a number alone. */
static const struct {
    const char *language, *words, *before_numbers;
} prefixes[] = {
    {"en",
     "Adj Adm Adv Asst Bart Bldg Brig Bros Capt Cmdr Co Col Comdr Con Corp Cpl DR Dr Drs Ens Gen Gov Hon Hosp "
     "Hr Inc Insp Jr Lt Ltd MM MR MRS MS Maj Messrs Mlle Mme Mr Mrs Ms Msgr Op Ord Pfc Ph Pres Prof Pvt Rep "
     "Reps Res Rev Rt Sen Sens Sfc Sgt Sr St Supt Surg e.g i.e rev v vs Jan Feb Mar Apr Jun Jul Aug Sep Sept "
     "Oct Nov Dec",
     "Art No Nos Nr Vol p pp"},
    {"de",
     "Abb Abt Adj Adr Anm Aufl Bd Bde Betr Bsp Chr Dipl Dr Forts Fr Frl Gebr Hr Hrsg Ing Jh Jr Kap Lt Mag Mio "
     "Mr Mrd Mrs Ms MwSt Op Prof Prot Red Sr St Str Tel Univ Verf Zit allg bes bzgl bzw ca d.h D.h dergl ehem "
     "einschl engl etc etw evtl exkl frz ggf i.A i.d.R inkl insb ital jmd m.E max mind n.Chr o.g o.ä rd sog "
     "span spez u.a u.U u.ä usf usw v.Chr vgl vs z.B z.T z.Zt zzgl Jan Feb Apr Aug Sept Okt Nov Dez",
     "Abs Art Nr Nrn S Tab Ziff"},
    {"fr",
     "Bd Cie Dr Drs Gal Jr M MM Me Mgr Mlle Mlles Mme Mmes Mr Pr Prof Sr St Ste adj adv al anc apr av bd boul "
     "c.-à-d cf chap coll comm dir dép env etc ex fasc fém hab ibid id ill inf init intro inv jr masc max min "
     "obs ouvr p.ex paragr pl préf qq ref réf rép sg soc suiv sup suppl tél trad univ vs janv févr avr juil "
     "sept oct nov déc",
     "art fig n nº no nos p pp vol"},
    {"es",
     "Alte Arz Av Avda Bco Blvd C.V Cap Cdad Cdo Cía Cmdt Col Cte Dña Dr Dra Dras Dres Drs EE Excmo Excma Fdo "
     "FF Fr Gob Gral Hno Hnos Ilmo Ilma Ing JJ.OO Lic Lcdo Ldo Lda Mons Mtro Pdte Prof Profa Prov Rev Rvdo S.A "
     "Sr Sra Sras Sres Srta Srtas Sta Sto Ud Uds Vd Vds admón aprox av avda c/c ca cap cf cta dcha depto dpto "
     "e.g ed ej etc fig izq izqda máx mín n.b p.ej págs pl pto ref tel tfno trad ud vid vol vs ene feb abr ago "
     "sept oct nov dic",
     "Art No Nos Nr art n nro núm p pp pág"},
    {"it",
     "Arch Avv Cap Cav Comm D.ssa Dir Dott Dott.ssa Dr Dr.ssa Egr Gent Geom Gen Ing Mons On P.I Prof Prof.ssa "
     "Profs Rag Rev S.E Sen Sig Sig.na Sig.ra Sigg Spett Ten Uff a.C ad.es all anon app avv c.m ca cap cfr cit "
     "cl cod comm d.C ecc ed es etc fam ibid int lett lib max min mitt mod n.b obbl op pagg par prof prov rag "
     "rif sec seg sez sg sig tab tel tit trad v.le ver vol vs gen feb mar apr giu lug ago sett ott nov dic",
     "Art N Nr No art fig n nn nr p pag pp"},
    {"pt",
     "Adj Adm Adv Alm Av Bel Cap Cel Cia Cmdr Cmte Cor D Dep Depto Dir Dr Dra Drs Dras Eng Enga Exa Exma Exmo "
     "Fr Gal Gen Gov Ilma Ilmo Insp Jr Lda Ldo Lic Ltda Maj Me Min Mons Pe Pres Prof Profa Profas Profs Ref "
     "Rev S.A Sen Sr Sra Sras Srs Srta St Sta Sto Ten Univ V.Exa a.C alm ap apart aprox av c/c ca cap cel cf "
     "cód col d.C depto ed edif etc ex fig i.e ltda máx mín obs op p.ex págs pl qdo ref séc seg tel trad v vol "
     "vs jan fev mar abr mai jun jul ago set out nov dez",
     "Art Nr No Nos art n nº p pp pág"},
    {"nl",
     "Adj Bc Bros Cie Dhr Dr Drs Ds Fa Fam Gebr Hr Hrn Ing Ir Jhr Kapt Kol Lt Maj Mej Mevr Mgr Mr Mrs Ms Mw "
     "N.B N.V Ph Prof Red Rev Sr St Stg Str a.d a.h.w a.u.b aanv adj afb afd afz alg arr asst b.v betr bijv "
     "bijz bv bvb ca cat cfr ch civ coll d.d d.i d.m.v d.w.z dd dgl dhr dl drs e.a e.d e.e.a enz etc evt excl "
     "fa fig fr geb gebr gem gew ged i.c i.e i.p.v i.s.m i.t.t i.v.m incl ing ir jl jr km k.k m.a.w m.b.t "
     "m.i.v m.n max mevr mej min mld mln mr mv n.a.v n.b n.v.t nl o.a o.b.v o.g o.i.d o.l.v o.t.t ong opm p.a "
     "p.p par pct plm prof red resp s.v.p sr st t.a.v t.b.v t.g.v t.h.t t.n.v t.o.v t.w.v tab tel v.a v.chr vb "
     "vgl vlg vnl vs wo zgn zg z.g.a.n z.o.z jan feb mrt apr jun jul aug sep sept okt nov dec",
     "Art Nr art blz nr p pag pp"},
    {"ru",
     "А Б В Г Д Е Ё Ж З И Й К Л М Н О П Р С Т У Ф Х Ц Ч Ш Щ Ъ Ы Ь Э Ю Я акад англ барр бул в вв г га гг гр "
     "граф греч губ д деп дер дол доц др ж-д жен зав зам изд им ин инж ин-т исп итал кв кг кл км кн коп кор "
     "куб лат ред руб соч ср т тел тов тт туп тыс ул унив ф-т фр ч чел чл чел-к экз эл янв февр апр авг сент "
     "окт нояб дек млн млрд т.д т.е т.к т.н т.о т.п проф гос нем напр обл оз пер пл пос пр просп р рр",
     "гл п рис с см ст стр табл"},
    {"pl",
     "adm adw afr ag al am amer arch artyst astr austr bałt bdb biol bm bp br bryg bud c.b.d.o cdn centr ces "
     "chem chiń chir c.k chrz cyg cyw cyt czes d dcn dca ddz dot dek dent dep dn dost dosł dr dyr dyw dz dzien "
     "egz ekon elektr em ew fab farm fin fiz fot fr franc gat gen geogr geol gł głęb gm gmin godz gosp gr grub "
     "h hab hipot hist hiszp hr hon in inż itd itp im is ital jap jedn jez jęz jn kard kier kl k.k km kol kom "
     "kpt kr ks ksiąg kw kwart łac lek lit lm lp łow lud m maj mar mat mdm mec med mies min mist mjr mkw mł mn "
     "mgr mod muz n nad nadz nast nb nbp nieodm niem np nt nz ob oddz ok ogr os oz p pie pl płd płn płk poch "
     "pocz podp pol pom pos por pow pp ppłk prof proc prod prok prow proz przed przyd przyp ps pt przew publ r "
     "red ref rep reż rkp roś ryc rz san sek semin sen sgr sierż skr sł słow sp spół spec śp śr st stał stow "
     "stud syg szer szt szwedz t tel teł tj tom tow trad tys tzn tzw ub ul ur w wg wic wł wojsk woj współ wsch "
     "wspomn wyd wyj wyst wz zag zał zast zaw zb zew zm zn zob zool zw zach stycz lut kwiec czerw lip sierp "
     "wrzes paźdz listop grudz",
     "nr art par pkt poz rozdz rys s str tab ust"},
    {"cs",
     "Bc BcA Ing Ing.arch MUDr MVDr MgA Mgr JUDr PhDr RNDr PharmDr ThLic ThDr Ph.D Th.D prof doc CSc DrSc dr "
     "PaedDr Dr PhMr DiS abt ad a.i aj angl anon apod atd atp aut bd biogr b.m b.p b.r cca cit cizojaz c.k col "
     "ed eg ekon etc f facs fasc fol fot franc h.c hist hl hrsg ibid il ind inv.č jap jhdt jm jpr konkr kol "
     "kupř Ltd maď max min mj např n.l něm n.p odp op pořád pol pozn předch př.n.l resp roč rozh rus řec sb "
     "sign sl slov stol stř šk tel tj tzv tzn ul uprav vol vyd vl.jm zejm zkr zvl",
     "č čís obr odst par str sv tab"},
    {"sv",
     "A.D AB Bros Dr Fr Hr Jr Mr Mrs Ms Prof S:t St adj adv alt anm avd avg avs bl.a bl bet blg ca cirka civ "
     "d.v.s d.y d.ä dir disp doc dr dvs e.d e.dyl e.Kr ekon em enl etc ev evtl ex exkl f.d f.Kr f.n f.v.b f.ö "
     "febr fm forts fvb föreg förf förk förv gm ggr gr hr iaf inkl inst istf jfr jan jur kat kr lat lic lärj "
     "m.a.o m.fl m.h.a m.m m.v mag med min mfl milj mkt mm mån möjl n.b nov nuv o.d o.dyl o.s.v obs okt omkr "
     "omr op osv p.g.a p.s pers pl prof prov red ref resp s.a.s s.k sek sep sign sing skt spec st t.ex t.o.m "
     "t.v tel tex tfn tim tr u.a univ utg uppl utb vanl vard vid ö.h örl övers övr",
     "art bil fig kap nr s sid tab vol"},
    {"fi",
     "Dr Fil Hr Jr Mr Mrs Ms Prof Rva St T.mi Tri alh ao arv as ay dipl.ins dos eKr em engl ent erik esim ev "
     "evp fil.lis fil.maist fil.tri hlö huom hum ilt ins jatk jKr joht jne johd jms jr julk kaup kd kenr kirj "
     "kts l laht lvv lv lis lyh maist merk milj mk mm mrd muist myöh n nim nk ns nyk oik oikeustiet om op os p "
     "pj prof puh puh.joht ransk rek rov ruots rva saks sid sis suom synt t tark tav tiet tk tms toim tri ts "
     "tuhat ts-kirje tv v vak vanh vas vas.ed vrt vs vt ym yht yks yl yliopp yo",
     "ks nro nrot s sivu"},
    {"hu",
     "Dr dr kb vö prof Mr Mrs Ms St Ifj ifj id özv Özv szerk Ed ált arch áll biz bek Bp bp bt br ca c.c cf cif "
     "co corp cos cs csc csüt dbj dec dipl dk dny du dz e.v ea ed eff egyh elb elt em eng érk etc fel felv ff "
     "fn fszt gazd gen gk gpk gr h.n hc hiv hg honv hull i.e isz i.m ig ill ind inic int io izr jegyz júl jún "
     "jz k.b k.m.f ker kft kg kk km korm kp kuj kir kt kv leg ltp m max mb min mk ml mlle mm mss mt nagys nb "
     "ne nov nr ny o o.k okl orsz ov össz pf p.c pld pl ptk ref r.sz ret rev r.t s.k sgt spec st szept szf "
     "szfv szig sz szlj szn szt tc tel tf tgk th tkp tsz tv ty ua ún uo u.i ura uv ü üdv ügyv vb vegy vh vhol "
     "vol vs zrt zs jan febr márc ápr máj aug okt",
     ""},
    {"ro",
     "dpdv etc șamd M.Ap.N dl Dl d-na D-na dvs Dvs pt Pt dr Dr prof Prof ing Ing conf univ arh av jud str Str "
     "bd Bd bl sc ap et tel ed ex op cit cca cf aprox gen col lt mr lct sf Sf pr acad lit min max obs ian feb "
     "mart apr mai iun iul aug sept oct nov dec î.Hr d.Hr ș.a.m.d ș.a",
     "alin art cap nr p pag vol"},
    {"el",
     "Α Β Γ Δ Ε Ζ Η Θ Ι Κ Λ Μ Ν Ξ Ο Π Ρ Σ Τ Υ Φ Χ Ψ Ω Δρ δρ Καθ καθ κ κα κκ κος κ.κ κ.ά κ.λπ κ.α κ.ο.κ κτλ κλπ "
     "π.χ Π.χ δηλ μ.μ π.μ μ.Χ π.Χ κ.τ.λ κ.τ.ό λ.χ βλ Βλ πρβ πρβλ Αρ εκ εκατ δισ χιλ τηλ Τηλ στρ στρμ τόμ Τόμ "
     "εκδ Εκδ επιμ μτφρ μετ μτφ σημ υποσ Κεφ πίν Εικ αι αιών ιατρ νομ οδ Λεωφ λεωφ πλ Πλ Αγ αγ Ιαν Φεβ Μαρ Απρ "
     "Μάι Ιουν Ιουλ Αυγ Σεπ Σεπτ Οκτ Νοε Νοεμ Δεκ",
     "αρ αριθ άρθ εικ κεφ σ σελ σσ τ"},
};

void qp_moses_prefixes_of(const char *language, qp_text_buffer *out)
{
    enum { LANGUAGES = sizeof prefixes / sizeof *prefixes };
    int found = 0;
    for (int i = 0; i < LANGUAGES; i++)
        if (strcmp(prefixes[i].language, language) == 0) found = i;
    for (char letter = 'A'; letter <= 'Z'; letter++) qp_text_format(out, "%c\n", letter); /* initials */
    const char *const list[] = {prefixes[found].words, prefixes[found].before_numbers};
    for (int k = 0; k < 2; k++) {
        for (const char *at = list[k]; *at; at += strspn(at, " ")) {
            size_t bytes = strcspn(at, " ");
            qp_text_put(out, at, bytes);
            qp_text_add(out, k ? " #NUMERIC_ONLY#\n" : "\n");
            at += bytes;
        }
    }
}
