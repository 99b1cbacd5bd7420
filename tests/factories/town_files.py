"""A small town as files: one house with two flats, a communal room, meters, money. Right in every line."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "municipalities": """\
municipality,name,region,oktmo
verhnyaya,Верхняя Пристань,Пример,36701000
""",
    "districts": """\
district,municipality,name,population
center,verhnyaya,Центральный район,12000
""",
    "streets": """\
street,municipality,name,certain
1,verhnyaya,улица Речная,true
""",
    "acts": """\
act,title,number,body,adopted_on,url
1,Приказ о тарифах,17,департамент тарифов,2025-12-01,
""",
    "services": """\
service,title,short_title,unit,section,resource,position
maintenance,Содержание жилья,Содержание,m2,housing,,10
cold_water,Холодная вода,ХВС,m3,utilities,cold_water,20
advance,Аванс,Аванс,rub,advance,,900
""",
    "organisations": """\
organisation,name,short_name,role,inn,kpp,ogrn,address,phone,emergency_phone,site,email,working_hours
1,ООО «Пристань»,Пристань,manager,,,,"Верхняя Пристань, Речная, 1",+7 (000) 100-01-01,,,,
2,АО «Водоканал»,Водоканал,water,,,,,,,,,
3,Расчётный центр,РЦ,settlement_centre,,,,,,,,,
""",
    "contracts": """\
contract,organisation,kind,number,signed_on,commission_percent,from,to
1,1,management,1/2020,2020-01-10,,2020-02-01,
2,2,supply,2/2020,2020-01-10,,2020-02-01,
""",
    "houses": """\
house,district,street,number,slug,kind,series,year_built,storeys,entrances,walls,inventory_number,registry_number,cadastral_number,survey_date,note
101,center,1,5,rechnaya-5,apartment_building,,1974,2,1,кирпич,,,,,
""",
    "house_areas": """\
house,total_area,residential_area,nonresidential_area,common_area,heated_common_area,cut_off_area,document,from,to
101,124.30,124.30,0.00,20.00,12.00,0.00,Паспорт,2020-01-01,
""",
    "entrances": "house,number\n101,1\n",
    "premises": """\
premise,house,entrance,parent,kind,number,slug,floor,rooms,cadastral_number
501,101,1,,flat,1,1,1,2,
502,101,1,,flat,2,2,2,2,
503,101,1,502,room,2-1,2-1,2,1,
""",
    "premise_areas": """\
premise,total_area,living_area,heated,document,from,to
501,44.30,29.10,true,,2020-01-01,
502,80.00,60.00,true,,2020-01-01,
503,20.00,20.00,true,,2020-01-01,
""",
    "house_services": """\
house,service,contract,method,tariff_category,norm_category,document,from,to
101,maintenance,1,area,,,,2020-02-01,
101,cold_water,2,individual,,с ванной,,2020-02-01,
""",
    "tariffs": """\
municipality,service,house,category,value,level,act,paragraph,certain,note,from,to
verhnyaya,maintenance,,,25.5,municipality,1,,true,,2026-01-01,
verhnyaya,cold_water,,,45.13,municipality,1,,true,,2026-01-01,
""",
    "norms": """\
municipality,service,purpose,category,rooms,residents,value,unit,level,act,paragraph,certain,note,from,to
verhnyaya,cold_water,individual,с ванной,0,0,4.29,m3/person/month,municipality,1,,true,,2026-01-01,
""",
    "months": "month\n2026-10\n",
    "persons": """\
person,last_name,first_name,middle_name,birth_date,sex,snils,phone,email
1,Образцова,Анна,Сергеевна,1984-03-09,f,112-233-445 95,+79990000001,
2,Образцов,Илья,,1982-07-21,m,,,
3,Примеров,Пётр,Ильич,1990-01-02,m,,,
""",
    "accounts": """\
account,premise,kind,opened_on,closed_on,archived_on,gis_account,gis_service
1100000017,501,residential,2012-04-01,,,,
1100000025,502,residential,2012-04-01,,,,
1100000033,503,residential,2015-04-01,,,,
""",
    "holders": """\
account,person,organisation,tenure,payer,share_part,share_whole,document,from,to
1100000017,1,,owner,true,1,2,,2012-04-01,
1100000017,2,,owner,false,1,2,,2012-04-01,
1100000025,3,,owner,true,1,1,,2012-04-01,
""",
    "residents": """\
account,person,kind,relation,document,from,to
1100000017,1,permanent,holder,,2012-04-01,
1100000017,2,permanent,spouse,,2012-04-01,2026-06-01
1100000033,2,permanent,,,2026-06-01,
1100000025,3,permanent,holder,,2012-04-01,
""",
    "meters": """\
meter,account,house,premise,service,zones,serial,model,digits,installed_on,verified_until,removed_on,place,replaces,seal,sealed_on
1,1100000017,,,cold_water,1,204177,СВ-15,5,2022-03-14,2028-03-14,,кухня,,,
2,,101,,cold_water,1,990001,ВСХ-40,6,2022-03-14,2028-03-14,,подвал,,,
""",
    "readings": """\
meter,zone,day,value,source,disputed
1,0,2026-09-21,100,consumer,
1,0,2026-10-21,104.5,consumer,
2,0,2026-09-24,2000,operator,
2,0,2026-10-24,2009.25,operator,
""",
    "payments": """\
account,paid_on,month,amount,channel,document
1100000017,2026-10-09,2026-10,500.00,bank,000123
""",
    "opening_balances": """\
month,account,service,supplier,amount
2026-10,1100000017,maintenance,1,1129.65
2026-10,1100000025,cold_water,2,-12.30
""",
    "debts": """\
account,service,supplier,origin,amount
1100000017,maintenance,1,2026-08,129.65
1100000017,maintenance,1,2026-09,1000.00
""",
    "quality_acts": """\
district,house,entrance,premise,service,kind,since,until,measured,planned,feeds,dead_end,supplier_percent,number,drawn_on,document,cancelled
,101,,,cold_water,break,2026-10-03 08:00,2026-10-04 20:30,,,1,false,100,12,2026-10-05,"Журнал АДС, № 311",false
,101,1,,cold_water,pressure,2026-10-10 00:00,2026-10-11 00:00,0.025,,1,false,60,13,2026-10-12,,false
center,,,,cold_water,repair,2026-10-20 09:00,,,,1,false,0,14,2026-10-20,,false
,,,501,cold_water,composition,2026-10-25 06:00,2026-10-26 06:00,,,1,false,100,15,2026-10-26,,true
""",
    "temporary_absences": """\
account,person,left_on,returned_on,applied_on,papers,decision,grounds
1100000017,1,2026-10-02,2026-10-20,2026-10-22,Командировочное удостоверение № 4,granted,
1100000025,3,2026-10-01,,2026-09-28,Путёвка,granted,
1100000033,2,2026-09-01,2026-09-04,2026-09-05,Билеты,refused,Меньше шести полных дней
""",
    "broken_seals": """\
account,service,sealed_on,checked_on,found_on,document,from,to
1100000017,cold_water,2026-01-15,,2026-10-12,Акт № 7,2026-07-12,2026-10-20
1100000025,cold_water,2026-09-01,2026-10-01,2026-10-12,Акт № 8,2026-10-01,
""",
    "recalculations": """\
month,for_month,account,service,supplier,charged,computed,volume_charged,volume_computed,rule,reason,kind
2026-10,2026-08,1100000025,cold_water,2,193.61,150.00,4.29,3.32,0,Временное отсутствие,replay
""",
    "benefit_categories": """\
category,title,act,paragraph,certain,note
disabled,Инвалид I или II группы,1,статья 17,true,
large_family,Многодетная семья,1,,false,Размер уточнить
""",
    "benefit_terms": """\
category,service,municipality,percent,covers,bound,form,tenure,act,paragraph,certain,note,from,to
disabled,maintenance,,50,holder,area,compensation,tenant,1,"статья 17, часть 13",true,,2020-01-01,
disabled,cold_water,,50,holder,norm,discount,,1,,true,,2020-01-01,
large_family,cold_water,verhnyaya,30.5,family,none,discount,,1,,false,,2024-01-23,2030-01-01
""",
    "subsidy_standards": """\
municipality,members,category,value,act,paragraph,certain,note,from,to
verhnyaya,1,,4661,1,,true,,2026-01-01,
verhnyaya,2,,3620.5,1,,false,Оценка,2026-01-01,
""",
    "benefit_rights": """\
account,person,category,document,from,to
1100000017,1,disabled,"Справка МСЭ, № 12",2026-03-01,
1100000025,3,large_family,,2026-05-01,2027-05-01
""",
    "court_debts": """\
account,act,from,to
1100000025,Судебный приказ № 2-117/2026,2026-04-01,2026-09-01
""",
    "subsidies": """\
account,person,applied_on,working,pensioners,children,income,expense,standard,share,minimum_sum,cut_digits,amount,month_from,month_to,state,decided_on,document,reason
1100000017,1,2026-09-20,0,1,0,12500.00,4200.00,4661.00,22,14570.00,0,2301.71,2026-10,2027-03,granted,2026-09-29,Решение № 7,
1100000017,1,2026-10-02,0,1,0,12500.00,4200.00,4661.00,22,0.00,4,1911.00,2026-10,2027-03,refused,2026-10-09,,Уже дана
""",
    "benefit_corrections": """\
month,for_month,account,service,supplier,person,category,discount,given,computed,reason
2026-10,2026-08,1100000017,cold_water,2,1,disabled,true,0.00,96.80,Справка принесена позже
""",
}


def write_town(folder: Path, **changed: str | bytes | None) -> Path:
    """Write the set into a folder, some files replaced (or left out: None); return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**FILES, **changed}.items():
        if text is not None:
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
